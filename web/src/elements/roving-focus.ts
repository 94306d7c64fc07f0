/** Arrow keys, Home and End move the focus among elements, of which Tab reaches one only. */
export function moveFocus(event: KeyboardEvent, elements: HTMLElement[], { wrap }: { wrap: boolean }): void {
  // Found or not: what is focused need not be one of them.
  const next = nextIndex(
    event.key,
    elements.indexOf(document.activeElement as HTMLElement),
    elements.length,
    wrap,
  );
  if (next === undefined) return;
  event.preventDefault();
  elements[next]?.focus();
}

export function nextIndex(key: string, current: number, count: number, wrap: boolean): number | undefined {
  if (count === 0) return undefined;
  const bound = (index: number) => (wrap ? (index + count) % count : Math.max(0, Math.min(count - 1, index)));
  switch (key) {
    case 'ArrowDown':
      return bound(current + 1);
    case 'ArrowUp':
      return bound(current < 0 ? count - 1 : current - 1);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return undefined;
  }
}
