import { type LatencySummary, percentiles, type Summary } from './summary.ts';

/** What is printed at the end. */
export function textReport(summary: Summary): string {
  const { latencies, totals, errors, verdict, notes, passed, faults, changes } = summary;
  return [
    '',
    table(latencyRows(latencies)),
    '',
    totalsLine(totals),
    ...(changes === undefined
      ? []
      : ['', table(latencyRows(changes.latencies)), '', `changes: ${totalsLine(changes.totals)}`]),
    ...Object.entries(errors).map(([what, count]) => `  ${count} × ${what}`),
    ...(faults === undefined
      ? []
      : ['', ...faults.counts.map(({ happened, unit }) => `⚡ ${happened} ${unit}`)]),
    ...notes.map((note) => `Note: ${note}`),
    '',
    ...verdict.checks.flatMap(({ name, checked, failures, examples }) => [
      `${failures === 0 && checked > 0 ? '✓' : '✗'} ${name}: ${checked === 0 ? 'nothing was checked' : `${checked} checked${failures > 0 ? `, ${failures} wrong` : ''}`}`,
      ...examples.map((example) => `    ${example}`),
    ]),
    '',
    passed ? 'Verified.' : 'VERIFICATION FAILED.',
  ].join('\n');
}

function latencyRows(latencies: readonly LatencySummary[]): string[][] {
  return [
    ['', 'count', 'mean', ...percentiles.map((one) => (one === 100 ? 'max' : `p${one}`))],
    ...latencies.map(({ name, count, meanMs, percentiles: values }) => [
      name,
      String(count),
      ...[meanMs, ...percentiles.map((one) => values[String(one)] ?? 0)].map(
        (value) => `${value.toFixed(1)} ms`,
      ),
    ]),
  ];
}

function totalsLine(totals: Record<string, number>): string {
  return Object.entries(totals)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

function table(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  '),
    )
    .join('\n');
}
