/** What takes the focus in a row: the button of its menu. */
const CONTROL = '.message-actions';

/** The key of the row that an element of the list stands in. */
export function rowKeyOf(target: EventTarget | null): string | undefined {
  const row = target instanceof Element ? target.closest<HTMLElement>('.message-row') : null;
  return row?.dataset['key'];
}

/** Up and down lead from message to message. Rows beyond the edges are ready to take the focus, and the list follows it. */
export function moveBetweenRows(event: KeyboardEvent, list: HTMLElement): void {
  const { key, target } = event;
  if ((key !== 'ArrowUp' && key !== 'ArrowDown') || !(target instanceof HTMLElement)) return;
  if (!target.matches(CONTROL)) return;
  const controls = [...list.querySelectorAll<HTMLElement>(CONTROL)];
  event.preventDefault();
  controls[controls.indexOf(target) + (key === 'ArrowUp' ? -1 : 1)]?.focus();
}

/** The row that last had the focus, while it is about; otherwise the lowest one on the screen that can take it. */
export function reachableIndex(
  active: number | undefined,
  lowest: number,
  first: number,
  canFocus: (index: number) => boolean,
): number | undefined {
  if (active !== undefined && active >= first && canFocus(active)) return active;
  for (let index = lowest; index >= first; index -= 1) if (canFocus(index)) return index;
  return undefined;
}
