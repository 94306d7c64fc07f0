import type { ComponentChildren, Ref } from 'preact';
import { useImperativeHandle, useLayoutEffect, useReducer, useRef, useState } from 'preact/hooks';
import { moveBetweenRows, reachableIndex, rowKeyOf } from './row-focus.ts';
import { RowLayout, type RowPlaces } from './row-layout.ts';
import { type Anchor, anchorAt, settledAnchor, topFor } from './scroll-anchor.ts';

type BaseRow = { key: string; kind: string };

export type ListView = { firstIndex: number; lastIndex: number; top: number; isAtEnd: boolean };
export type ListHandle = { toEnd(): void; focus(): void };

type Props<Row extends BaseRow> = {
  label: string;
  rows: readonly Row[];
  estimate(row: Row): number;
  /** `isReachable`: whether Tab leads into this row, which it does into one of all that are on the screen. */
  renderRow(row: Row, isReachable: boolean): ComponentChildren;
  /** Whether there is something in the row for the focus to be on. */
  canFocus(row: Row): boolean;
  /** Shown at the top of the view when the list first appears. @default the end of the list */
  startKey?: string | undefined;
  /** Told after each scrolling and each change: which rows can be seen. */
  onView(view: ListView): void;
  handle: Ref<ListHandle>;
};

/** Rows beyond the edges that are kept ready, in pixels. */
const OVERSCAN = 700;
/** Room above the row that the list starts at. */
const START_MARGIN = 72;
/** Measuring may show that more rows fit; it settles in two rounds, and never goes on for ever. */
const ROUNDS = 5;

/**
 * A list of any length of which only what is on the screen is in the document. Whatever is added or measured, above
 * or below, what one looks at stays where it is. Of the browser's own anchoring nothing is used (overflow-anchor):
 * Safari lacks it, and two anchors would fight.
 */
export function VirtualList<Row extends BaseRow>(props: Props<Row>) {
  const { rows, label, startKey, handle } = props;
  const viewport = useRef<HTMLElement>(null);
  const content = useRef<HTMLUListElement>(null);
  const [, renderAgain] = useReducer((count: number, _: undefined) => count + 1, 0);
  const [now] = useState(() => newState(props.estimate));
  const { layout } = now;
  layout.setRows(rows);
  now.anchor ??= startingAnchor(layout, startKey);

  const top = topFor(now.anchor, now.height, layout);
  const first = layout.indexAt(top - OVERSCAN);
  const last = layout.indexAt(top + now.height + OVERSCAN);
  const canFocus = (index: number) =>
    index <= last && rows[index] !== undefined && props.canFocus(rows[index]);
  const active = now.activeKey === undefined ? undefined : layout.indexOf(now.activeKey);
  const reachable = reachableIndex(active, layout.indexAt(top + now.height - 1), first, canFocus);

  /** Puts everything where the anchor says, and renders again when other rows are needed for it. */
  const settle = () => {
    const view = viewport.current;
    const inner = content.current;
    if (!view || !inner || !now.anchor) return;
    now.height = view.clientHeight;
    if (now.width !== view.clientWidth) {
      if (now.width !== 0) layout.forgetMeasurements();
      now.width = view.clientWidth;
    }
    layout.measure(heightsOf(inner));
    inner.style.paddingTop = `${layout.topOf(first)}px`;
    inner.style.paddingBottom = `${layout.total - layout.topOf(last + 1)}px`;
    const wanted = topFor(now.anchor, now.height, layout);
    if (Math.abs(view.scrollTop - wanted) > 0.5) view.scrollTop = wanted;
    const missing = layout.indexAt(wanted) < first || layout.indexAt(wanted + now.height) > last;
    if (missing && now.rounds < ROUNDS) {
      now.rounds += 1;
      renderAgain(undefined);
      return;
    }
    now.rounds = 0;
    now.anchor = settledAnchor(now.anchor, now.height, layout, rows);
    props.onView({
      firstIndex: layout.indexAt(wanted),
      lastIndex: layout.indexAt(wanted + now.height - 1),
      top: wanted,
      isAtEnd: now.anchor.at === 'end',
    });
  };
  useLayoutEffect(settle);
  const latestSettle = useRef(settle);
  latestSettle.current = settle;

  useLayoutEffect(() => {
    const view = viewport.current;
    const inner = content.current;
    if (!view || !inner) return;
    const observer = new ResizeObserver(() => latestSettle.current());
    observer.observe(view);
    observer.observe(inner);
    return () => observer.disconnect();
  }, []);

  const onScroll = () => {
    const view = viewport.current;
    if (!view || !now.anchor) return;
    // What `settle` itself has scrolled to changes nothing.
    if (Math.abs(view.scrollTop - topFor(now.anchor, now.height, layout)) <= 1) return;
    now.anchor = anchorAt(view.scrollTop, view.clientHeight, layout, rows);
    renderAgain(undefined);
  };

  const onFocusIn = ({ target }: FocusEvent) => {
    const key = rowKeyOf(target);
    if (key === undefined || key === now.activeKey) return;
    now.activeKey = key;
    renderAgain(undefined);
  };

  useImperativeHandle(handle, () => ({
    toEnd() {
      now.anchor = { at: 'end' };
      renderAgain(undefined);
    },
    focus() {
      viewport.current?.focus({ preventScroll: true });
    },
  }));

  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="message-scroll" ref={viewport} onScroll={onScroll} tabIndex={0} aria-label={label}>
      <ul
        class="message-list"
        ref={content}
        onFocusIn={onFocusIn}
        onKeyDown={(event) => moveBetweenRows(event, event.currentTarget)}
      >
        {rows.slice(first, last + 1).map((row, index) => (
          <li key={row.key} data-key={row.key} class="message-row">
            {props.renderRow(row, first + index === reachable)}
          </li>
        ))}
      </ul>
    </section>
  );
}

type State<Row extends BaseRow> = {
  layout: RowLayout<Row>;
  anchor: Anchor | undefined;
  /** Of the viewport. */
  height: number;
  width: number;
  /** Rendered again in a row, to settle. */
  rounds: number;
  /** Of the row that last had the focus. */
  activeKey: string | undefined;
};

function newState<Row extends BaseRow>(estimate: (row: Row) => number): State<Row> {
  return {
    layout: new RowLayout(estimate),
    anchor: undefined,
    height: 800,
    width: 0,
    rounds: 0,
    activeKey: undefined,
  };
}

function startingAnchor(layout: RowPlaces, startKey: string | undefined): Anchor {
  const index = startKey === undefined ? undefined : layout.indexOf(startKey);
  if (startKey === undefined || index === undefined) return { at: 'end' };
  const height = layout.topOf(index + 1) - layout.topOf(index);
  return { at: 'row', key: startKey, index, distance: -height - START_MARGIN };
}

function* heightsOf(content: HTMLElement): Generator<[string, number]> {
  for (const child of content.children) {
    if (child instanceof HTMLElement && child.dataset['key'] !== undefined)
      yield [child.dataset['key'], child.getBoundingClientRect().height];
  }
}
