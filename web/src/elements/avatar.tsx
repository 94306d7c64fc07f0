type Props = {
  /** Chooses the colour: the same for the same id everywhere. */
  id: string;
  name: string;
  size?: 'small' | 'large';
  /** Marked with a dot; whoever shows it also says so in words. */
  isOnline?: boolean;
};

/** Tints in styles/tokens.css, each readable in both themes. */
const TINTS = 8;

export function Avatar({ id, name, size, isOnline }: Props) {
  const classes = ['avatar', `tint-${tintOf(id)}`, size, isOnline && 'online'].filter(Boolean).join(' ');
  // Drawn by styles/base.css: initials are no text to be read, searched or copied.
  return <span class={classes} data-initials={initials(name)} aria-hidden="true" />;
}

export function tintOf(id: string): number {
  // FNV-1a, its upper half folded in: the lower bits alone are much the same for similar ids.
  let hash = 0x811c9dc5;
  for (const character of id) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return ((hash ^ (hash >>> 16)) >>> 0) % TINTS;
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const chosen = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return chosen
    .map((word) => firstCharacter(word ?? ''))
    .join('')
    .toUpperCase();
}

function firstCharacter(word: string): string {
  return word.match(/[\p{L}\p{N}\p{Extended_Pictographic}]/u)?.[0] ?? '';
}
