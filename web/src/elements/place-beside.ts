/** Between the two, and from the edges of the window. */
const GAP = 4;
const MARGIN = 8;

/** Puts what is shown in the top layer under its button, or over it where there is no room. */
export function placeBeside(shown: HTMLElement, button: HTMLElement): void {
  const { left, right, top, bottom } = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = shown;
  const { clientWidth, clientHeight } = document.documentElement;
  // Towards the middle of the window.
  const wantedLeft = (left + right) / 2 > clientWidth / 2 ? right - width : left;
  const fitsBelow = bottom + GAP + height <= clientHeight - MARGIN;
  const wantedTop = fitsBelow ? bottom + GAP : top - GAP - height;
  shown.style.left = `${within(wantedLeft, clientWidth - width)}px`;
  shown.style.top = `${within(wantedTop, clientHeight - height)}px`;
}

function within(wanted: number, room: number): number {
  return Math.max(MARGIN, Math.min(wanted, room - MARGIN));
}
