/** What is written and not sent, per user and conversation, kept over reloads. */

const prefix = (userId: string) => `parley.draft.${userId}.`;
const editKey = (userId: string, conversationId: string) => `${prefix(userId)}${conversationId}.edit`;

export function readDraft(userId: string, conversationId: string): string {
  return localStorage.getItem(prefix(userId) + conversationId) ?? '';
}

export function keepDraft(userId: string, conversationId: string, text: string): void {
  const key = prefix(userId) + conversationId;
  if (text.trim() === '') localStorage.removeItem(key);
  else localStorage.setItem(key, text);
}

/** A message that is being written anew. */
export type Edit = { seq: number; messageId: string; original: string; text: string };

export function readEdit(userId: string, conversationId: string): Edit | undefined {
  const kept = localStorage.getItem(editKey(userId, conversationId));
  // Written by `keepEdit`, and by nobody else.
  return kept === null ? undefined : (JSON.parse(kept) as Edit);
}

export function keepEdit(userId: string, conversationId: string, edit: Edit | undefined): void {
  const key = editKey(userId, conversationId);
  if (edit === undefined) localStorage.removeItem(key);
  else localStorage.setItem(key, JSON.stringify(edit));
}

export function forgetDrafts(userId: string): void {
  for (const key of Object.keys(localStorage))
    if (key.startsWith(prefix(userId))) localStorage.removeItem(key);
}
