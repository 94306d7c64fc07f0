import type { RowPlaces } from './row-layout.ts';

/**
 * What must stay where it is while rows are added, measured or removed around it: the end of the list, or the lower
 * edge of one row (the upper edge moves when the row loses its sender's name to an older neighbour).
 */
export type Anchor = { at: 'end' } | RowAnchor;
type RowAnchor = { at: 'row'; key: string; index: number; distance: number };

/** So near to the end, one is at it. */
const END_SLACK = 48;

type Rows = readonly { key: string; kind: string }[];

export function anchorAt(top: number, height: number, layout: RowPlaces, rows: Rows): Anchor {
  if (isAtEnd(top, height, layout)) return { at: 'end' };
  let index = layout.indexAt(top);
  // Only messages keep their place in the conversation: a day begins further up once older ones are loaded.
  while (index < rows.length - 1 && rows[index]?.kind !== 'message') index += 1;
  const key = rows[index]?.key;
  return key === undefined
    ? { at: 'end' }
    : { at: 'row', key, index, distance: top - layout.topOf(index + 1) };
}

function isAtEnd(top: number, height: number, layout: RowPlaces): boolean {
  return top + height >= layout.total - END_SLACK;
}

/** How far the list must be scrolled for the anchor to be where it was, within the list. */
export function topFor(anchor: Anchor, height: number, layout: RowPlaces): number {
  const furthest = Math.max(0, layout.total - height);
  if (anchor.at === 'end') return furthest;
  return Math.max(0, Math.min(furthest, unboundedTop(anchor, layout)));
}

/**
 * Returns the anchor to keep once all rows on the screen are measured. An anchor taken from estimated heights may ask
 * for a position above the top of the list. The list cannot scroll there yet, but would as soon as older rows are
 * added, and move what is read; so the anchor is taken again from the measured rows.
 */
export function settledAnchor(anchor: Anchor, height: number, layout: RowPlaces, rows: Rows): Anchor {
  const top = topFor(anchor, height, layout);
  // Where all that follows fits on the screen, one is at the end, wherever the list was to start.
  if (isAtEnd(top, height, layout)) return { at: 'end' };
  const isReached = anchor.at === 'end' || top === unboundedTop(anchor, layout);
  return isReached ? anchor : anchorAt(top, height, layout, rows);
}

function unboundedTop(anchor: RowAnchor, layout: RowPlaces): number {
  const index = layout.indexOf(anchor.key) ?? anchor.index;
  return layout.topOf(index + 1) + anchor.distance;
}
