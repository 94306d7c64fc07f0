export type Series = { name: string; points: [number, number][] };
export type Mark = { x: number; label: string };

export type Chart = {
  title: string;
  series: Series[];
  /** Of the vertical axis. */
  unit: string;
  /** Under the horizontal axis; the others are drawn without a label. */
  xTicks: { x: number; label: string }[];
  marks?: Mark[];
};

const width = 920;
const height = 260;
const inset = { left: 64, right: 28, top: 12, bottom: 34 };

/** A line chart as inline SVG: what is drawn takes its colours from the page's style, light or dark. */
export function lineChart({ title, series, unit, xTicks, marks = [] }: Chart): string {
  const points = series.flatMap((one) => one.points);
  const xs = [...points.map(([x]) => x), ...xTicks.map(({ x }) => x)];
  const [from, to] = [Math.min(...xs), Math.max(...xs)];
  const top = niceAbove(Math.max(0, ...points.map(([, y]) => y)));
  const place = (x: number) =>
    inset.left + ((x - from) / Math.max(to - from, Number.EPSILON)) * (width - inset.left - inset.right);
  const level = (y: number) => height - inset.bottom - (y / top) * (height - inset.top - inset.bottom);

  const grid = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const y = level(part * top).toFixed(1);
    return `<line class="grid" x1="${inset.left}" x2="${width - inset.right}" y1="${y}" y2="${y}"/><text class="axis" x="${inset.left - 8}" y="${y}" dy="0.32em" text-anchor="end">${numberText(part * top)}</text>`;
  });
  const ticks = xTicks.map(
    ({ x, label }) =>
      `<text class="axis" x="${place(x).toFixed(1)}" y="${height - inset.bottom + 20}" text-anchor="middle">${escaped(label)}</text>`,
  );
  const lines = series.map(
    ({ points: own }, index) =>
      `<polyline class="line line${index}" points="${own.map(([x, y]) => `${place(x).toFixed(1)},${level(y).toFixed(1)}`).join(' ')}"/>`,
  );
  const drawnMarks = marks.map(({ x, label }) => {
    const at = place(Math.min(Math.max(x, from), to)).toFixed(1);
    return `<g class="mark"><title>${escaped(label)}</title><line x1="${at}" x2="${at}" y1="${inset.top}" y2="${height - inset.bottom}"/><circle cx="${at}" cy="${inset.top}" r="4"/></g>`;
  });
  const legend = series.map(
    ({ name }, index) => `<span><i class="key key${index}"></i>${escaped(name)}</span>`,
  );
  return `<figure>
<figcaption><h3>${escaped(title)}</h3><p class="legend">${legend.join('')}<span class="unit">${escaped(unit)}</span></p></figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(`${title}, ${unit}`)}">${[...grid, ...ticks, ...drawnMarks, ...lines].join('')}</svg>
</figure>`;
}

/** 1, 2 or 5 times a power of ten. */
function niceAbove(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((factor) => factor * power >= value) ?? 10) * power;
}

function numberText(value: number): string {
  return value >= 10 || Number.isInteger(value)
    ? String(Math.round(value))
    : value.toFixed(2).replace(/0$/, '');
}

export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
