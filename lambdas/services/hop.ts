/**
 * Tells whoever follows a message, or the erasure of a user, through the logs that it came one step further. Ids, names and counts only: never
 * content, tokens or passwords.
 */
export type Hop = (
  step: 'stored' | 'recognised' | 'changed' | 'refused' | 'pushed' | 'erased',
  ids: Record<string, string | number>,
) => void;
