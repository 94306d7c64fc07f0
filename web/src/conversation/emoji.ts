/** Offered at once: what people answer with most. */
export const quickEmoji = ['👍', '❤️', '😂', '😮', '😢', '🙏'];

/** Offered when asked for more, in rows of {@link EMOJI_A_ROW}; any other one can be typed. */
export const moreEmoji = [
  ...['👍', '👎', '👏', '🙌', '🙏', '💪', '🤝', '👌'],
  ...['✌️', '🤞', '👋', '🫡', '🤗', '🤔', '🫶', '👀'],
  ...['😀', '😂', '🤣', '😊', '😍', '🥰', '😎', '🤩'],
  ...['😅', '😉', '🙃', '😇', '😋', '😜', '🤪', '🥳'],
  ...['😮', '😱', '😢', '😭', '😡', '🥺', '😴', '🤯'],
  ...['🙄', '😬', '🤷', '🤦', '🤡', '💩', '👻', '🤖'],
  ...['❤️', '🧡', '💛', '💚', '💙', '💜', '🖤', '💔'],
  ...['🎉', '🎂', '🎁', '🏆', '🔥', '✨', '⭐', '💯'],
  ...['✅', '❌', '❓', '❗', '💡', '🚀', '🐛', '☕'],
  ...['🍕', '🍻', '🌈', '☀️', '🌧️', '🐱', '🐶', '🌱'],
];
export const EMOJI_A_ROW = 8;

/** docs/protocol.md, "Values": one emoji as a keyboard offers it. */
export function isEmoji(text: string): boolean {
  return /^(?:\p{RGI_Emoji}|\p{Extended_Pictographic})$/v.test(text);
}
