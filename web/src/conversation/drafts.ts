/** What is written and not sent, per user and conversation, kept over reloads. */

const prefix = (userId: string) => `parley.draft.${userId}.`;

export function readDraft(userId: string, conversationId: string): string {
  return localStorage.getItem(prefix(userId) + conversationId) ?? '';
}

export function keepDraft(userId: string, conversationId: string, text: string): void {
  const key = prefix(userId) + conversationId;
  if (text.trim() === '') localStorage.removeItem(key);
  else localStorage.setItem(key, text);
}

export function forgetDrafts(userId: string): void {
  for (const key of Object.keys(localStorage))
    if (key.startsWith(prefix(userId))) localStorage.removeItem(key);
}
