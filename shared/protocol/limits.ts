/**
 * Every number of the wire protocol. Sizes are bytes of UTF-8 unless said otherwise; characters are Unicode
 * code points.
 */
export const limits = {
  /** API Gateway closes a socket whose frame is larger than 32 KiB (code 1009), so no action may be. */
  frameBytes: 32 * 1024,
  /** An HTTP body: room for the longest message with every character written as a `\u` escape. */
  bodyBytes: 128 * 1024,
  /** One `message` or `sync` frame to a client. `PostToConnection` takes 128 KB; this leaves room for the envelope. */
  eventBytes: 100 * 1024,
  /** One page of `GET /messages`. */
  pageBytes: 1024 * 1024,

  contentCharacters: 8_000,
  contentBytes: 16 * 1024,
  previewCharacters: 120,
  titleCharacters: 100,
  displayNameCharacters: 64,
  passwordCharacters: { min: 8, max: 128 },
  idCharacters: 64,
  /** The longest emoji of Unicode 17, two people who kiss, has 10: none is refused for its length. */
  emojiCodePoints: 32,

  /** Nobody can register the username of one who was erased for this time. */
  erasedUsernameDays: 90,

  /** Reactions of one message, all users' and all emoji's together, and emoji in them: with them it still fits a `sync` reply. */
  reactionsPerMessage: 1_000,
  emojiPerMessage: 50,

  /** Items of one page, of every listing. */
  page: { min: 1, max: 100 },
  messagePage: 50,
  inboxPage: 30,
  memberPage: 100,

  /** Ids in one call: new members, profiles. */
  idsPerCall: 100,
  /** Memberships that `presence` and `GET /users?ids=` look up, beside DMs, to find whom the caller may see. */
  acquaintanceLookups: 300,
  syncConversations: 50,
  groupMembers: 100_000,
  /** Of one user, DMs included. */
  conversationsPerUser: 10_000,
  /** Members shown with a conversation; the rest are paged. */
  membersShown: 200,
  /**
   * Up to this many members hear of each other's read markers and of changes to the conversation. With one more a group
   * is large, for good: its messages are fanned out to subscribed connections, and its inbox rows no longer follow them.
   */
  smallGroupMembers: 200,
  /** From one more member than this on, a group's connections are subscribed, well before messages depend on it. */
  subscribedMembers: 150,
  connectionsPerUser: 20,
  /** That a user comes or goes is told in the DMs among so many conversations, those with the newest activity. */
  conversationsTold: 500,
  sessionsPerUser: 30,
  deviceNameCharacters: 64,
} as const;
