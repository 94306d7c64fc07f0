/**
 * Tells whoever follows a message through the logs that it came one step further. Ids, names and counts only: never
 * content, tokens or passwords.
 */
export type Hop = (
  step: 'stored' | 'recognised' | 'changed' | 'refused' | 'pushed',
  ids: Record<string, string | number>,
) => void;
