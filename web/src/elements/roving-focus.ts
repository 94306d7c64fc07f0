/** Arrow keys, Home and End move the focus among elements, of which Tab reaches one only. */
export function moveFocus(event: KeyboardEvent, elements: HTMLElement[], { wrap }: { wrap: boolean }): void {
  const rows = elements.map((element) => [element]);
  moveFocusInRows(event, rows, { wrap });
}

/** The same among elements that stand in rows: up and down lead to another row, left and right along one. */
export function moveFocusInRows(
  event: KeyboardEvent,
  rows: HTMLElement[][],
  { wrap }: { wrap: boolean },
): void {
  const next = nextPlace(event.key, placeOf(rows), rows, wrap);
  const element = next && rows[next.row]?.[next.column];
  if (element === undefined) return;
  event.preventDefault();
  element.focus();
}

export type GridPlace = { row: number; column: number };
type Rows = readonly { readonly length: number }[];

/** Undefined where the key moves nothing. `current` is undefined while the focus is somewhere else. */
export function nextPlace(
  key: string,
  current: GridPlace | undefined,
  rows: Rows,
  wrap: boolean,
): GridPlace | undefined {
  if (rows.length === 0) return undefined;
  const bound = (index: number, count: number) =>
    wrap ? (index + count) % count : Math.max(0, Math.min(count - 1, index));
  const lastRow = rows.length - 1;
  const to = (row: number, column: number): GridPlace => ({
    row,
    column: Math.min(column, Math.max(0, (rows[row]?.length ?? 1) - 1)),
  });
  const { row, column } = current ?? { row: -1, column: 0 };
  const width = rows[row]?.length ?? 1;
  switch (key) {
    case 'ArrowDown':
      return to(bound(row + 1, rows.length), column);
    case 'ArrowUp':
      return to(bound(row < 0 ? lastRow : row - 1, rows.length), column);
    // A single one has nothing beside it: the key stays what it is to the browser.
    case 'ArrowRight':
      return width > 1 ? to(row, bound(column + 1, width)) : undefined;
    case 'ArrowLeft':
      return width > 1 ? to(row, bound(column - 1, width)) : undefined;
    case 'Home':
      return to(0, 0);
    case 'End':
      return to(lastRow, Number.POSITIVE_INFINITY);
    default:
      return undefined;
  }
}

function placeOf(rows: HTMLElement[][]): GridPlace | undefined {
  for (const [row, elements] of rows.entries()) {
    // Found or not: what is focused need not be one of them.
    const column = elements.indexOf(document.activeElement as HTMLElement);
    if (column >= 0) return { row, column };
  }
  return undefined;
}
