const width = 120;
const height = 24;

/** One bar for each bucket of the last five minutes. The numbers stand beside it in words. */
export function Sparkline({ values }: { values: number[] }) {
  const most = Math.max(1, ...values);
  const step = width / Math.max(1, values.length);
  return (
    <svg class="sparkline" viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      {values.map((value, index) => {
        const tall = (value / most) * height;
        return <rect key={index} x={index * step} y={height - tall} width={step * 0.8} height={tall} />;
      })}
    </svg>
  );
}
