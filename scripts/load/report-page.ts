import { escaped, lineChart, type Series } from './chart.ts';
import type { Second } from './measurements.ts';
import { type LatencySummary, percentiles, type Summary } from './summary.ts';

/** The report as one page that needs nothing else: no script, no font, no network. */
export function reportPage(summary: Summary): string {
  const { title, at, settings, passed, totals, errors, latencies, verdict, notes, faults, changes } = summary;
  const failed = Object.entries(errors);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Parley ${escaped(title)}, ${escaped(at)}</title>
<style>${style}</style>
</head>
<body>
<header>
<p class="verdict ${passed ? 'good' : 'bad'}">${passed ? 'Verified' : 'Verification failed'}</p>
<h1>Parley ${escaped(title)}</h1>
<p class="when">${escaped(at.slice(0, 19).replace('T', ' '))} UTC · ${settings.map(([name, value]) => `${escaped(name)} ${escaped(value)}`).join(' · ')}</p>
</header>
<section class="tiles">${Object.entries(totals).map(tile).join('')}</section>
${notes.length === 0 ? '' : `<ul class="notes">${notes.map((note) => `<li>${escaped(note)}</li>`).join('')}</ul>`}
<section>
<h2>Verification</h2>
<table>
<thead><tr><th>Check</th><th class="number">Checked</th><th class="number">Wrong</th></tr></thead>
<tbody>${verdict.checks
    .map(
      ({ name, checked, failures, examples }) =>
        `<tr class="${failures === 0 && checked > 0 ? 'good' : 'bad'}"><td>${escaped(name)}${examples.map((example) => `<br><small>${escaped(example)}</small>`).join('')}</td><td class="number">${checked}</td><td class="number">${failures}</td></tr>`,
    )
    .join('')}</tbody>
</table>
</section>
${faults === undefined ? '' : faultSection(faults)}
<section>
<h2>Latency</h2>
${latencyTable(latencies)}
${charts(summary).join('\n')}
</section>
${changes === undefined ? '' : changeSection(changes)}
${failed.length === 0 ? '' : `<section><h2>Errors that clients met</h2><table><tbody>${failed.map(([what, count]) => `<tr><td>${escaped(what)}</td><td class="number">${count}</td></tr>`).join('')}</tbody></table></section>`}
</body>
</html>
`;
}

function latencyTable(latencies: readonly LatencySummary[]): string {
  return `<table>
<thead><tr><th>ms</th><th class="number">Count</th><th class="number">Mean</th>${percentiles.map((one) => `<th class="number">${one === 100 ? 'Max' : `p${one}`}</th>`).join('')}</tr></thead>
<tbody>${latencies
    .map(
      ({ name, count, meanMs, percentiles: values }) =>
        `<tr><td>${escaped(name)}</td><td class="number">${count}</td><td class="number">${meanMs.toFixed(1)}</td>${percentiles.map((one) => `<td class="number">${(values[String(one)] ?? 0).toFixed(1)}</td>`).join('')}</tr>`,
    )
    .join('')}</tbody>
</table>`;
}

function changeSection({ totals, latencies }: NonNullable<Summary['changes']>): string {
  return `<section>
<h2>Changes to messages</h2>
<div class="tiles">${Object.entries(totals).map(tile).join('')}</div>
${latencyTable(latencies)}
</section>`;
}

function charts({ seconds, latencies, faults }: Summary): string[] {
  const marks = (faults?.struck ?? []).map(({ second, kind, what }) => ({
    x: second,
    label: `${second} s: ${kind}, ${what}`,
  }));
  const xTicks = timeTicks(seconds);
  const overTime = (name: string, value: (second: Second) => number | undefined): Series => ({
    name,
    points: seconds.flatMap((second) => {
      const y = value(second);
      return y === undefined ? [] : [[second.second, y] satisfies [number, number]];
    }),
  });
  return [
    lineChart({
      title: 'From send to another member, second by second',
      unit: 'milliseconds over seconds of the run',
      series: [overTime('p50', ({ p50 }) => p50), overTime('p99', ({ p99 }) => p99)],
      xTicks,
      marks,
    }),
    lineChart({
      title: 'Messages',
      unit: 'per second, over seconds of the run',
      series: [
        overTime('sent', ({ sent }) => sent),
        overTime('stored', ({ stored }) => stored),
        overTime('received', ({ received }) => received),
      ],
      xTicks,
      marks,
    }),
    lineChart({
      title: 'Connections and errors',
      unit: 'over seconds of the run',
      series: [
        overTime('connected', ({ connected }) => connected),
        overTime('errors', ({ errors }) => errors),
      ],
      xTicks,
      marks,
    }),
    lineChart({
      title: 'Latency by percentile',
      unit: 'milliseconds',
      // Each step to the right is one nine more.
      series: latencies.map(({ name, distribution }) => ({
        name,
        points: distribution.map(([percentile, ms]) => [nines(percentile), ms]),
      })),
      xTicks: [0, 90, 99, 99.9, 99.99].map((one) => ({ x: nines(one), label: `p${one}` })),
    }),
  ];
}

function nines(percentile: number): number {
  return -Math.log10(1 - percentile / 100);
}

function timeTicks(seconds: readonly Second[]): { x: number; label: string }[] {
  const last = Math.max(1, seconds.length);
  const step = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600].find((one) => last / one <= 12) ?? 600;
  const count = Math.floor(last / step);
  return Array.from({ length: count + 1 }, (_, index) => ({ x: index * step, label: `${index * step} s` }));
}

function faultSection({ counts, struck }: NonNullable<Summary['faults']>): string {
  return `<section>
<h2>Faults</h2>
<table>
<thead><tr><th>Kind</th><th class="number">Planned</th><th class="number">Struck</th><th></th></tr></thead>
<tbody>${counts
    .map(
      ({ kind, planned, happened, unit }) =>
        `<tr class="${happened > 0 ? 'good' : 'bad'}"><td>${escaped(kind)}</td><td class="number">${planned}</td><td class="number">${happened}</td><td>${escaped(unit)}</td></tr>`,
    )
    .join('')}</tbody>
</table>
<details><summary>When</summary><ol class="log">${struck.map(({ second, kind, what }) => `<li>${second} s: ${escaped(kind)}, ${escaped(what)}</li>`).join('')}</ol></details>
</section>`;
}

function tile([name, count]: [string, number]): string {
  return `<div><b>${count}</b><span>${escaped(name)}</span></div>`;
}

const style = `
:root { color-scheme: light dark; --page: #ffffff; --text: #1d2430; --quiet: #5b6676; --rule: #e2e6ec; --tile: #f5f7fa;
  --good: #1a7f45; --bad: #c22b2b; --c0: #2f6fde; --c1: #d9622b; --c2: #2a9d6f; --mark: #b4243f; }
@media (prefers-color-scheme: dark) { :root { --page: #12161d; --text: #e4e8ee; --quiet: #98a3b3; --rule: #2a313c; --tile: #1b212b;
  --good: #4cc27d; --bad: #ff7b72; --c0: #6ea8ff; --c1: #ff9b61; --c2: #57cf9f; --mark: #ff7088; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 2rem 1.25rem 4rem; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0.2rem 0; } h2 { font-size: 1.15rem; margin: 2.2rem 0 0.6rem; } h3 { font-size: 0.95rem; margin: 0; }
.when, .legend, .unit, small { color: var(--quiet); } .when { margin: 0; }
.verdict { display: inline-block; margin: 0; padding: 0.15rem 0.7rem; border-radius: 1rem; border: 1.5px solid currentColor; font-weight: 600; }
.good.verdict { color: var(--good); } .bad.verdict { color: var(--bad); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(7rem, 1fr)); gap: 0.6rem; margin-top: 1.4rem; }
.tiles div { background: var(--tile); border-radius: 0.5rem; padding: 0.6rem 0.8rem; } .tiles b { display: block; font-size: 1.25rem; }
.tiles span { color: var(--quiet); } .notes { padding-left: 1.2rem; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 0.35rem 0.5rem; border-bottom: 1px solid var(--rule); vertical-align: top; }
th { color: var(--quiet); font-weight: 500; } .number { text-align: right; }
tr.good td:first-child::before { content: '✓ '; color: var(--good); } tr.bad td:first-child::before { content: '✗ '; color: var(--bad); }
figure { margin: 1.6rem 0 0; overflow-x: auto; } svg { width: 100%; min-width: 36rem; height: auto; display: block; }
.legend { display: flex; flex-wrap: wrap; gap: 0 1.1rem; margin: 0.1rem 0 0.3rem; font-size: 0.85rem; } .unit { margin-left: auto; }
.key { display: inline-block; width: 0.9rem; height: 0.25rem; border-radius: 2px; margin-right: 0.4rem; vertical-align: middle; }
.grid { stroke: var(--rule); } .axis { fill: var(--quiet); font-size: 12px; }
.line { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
.line0 { stroke: var(--c0); } .line1 { stroke: var(--c1); } .line2 { stroke: var(--c2); }
.key0 { background: var(--c0); } .key1 { background: var(--c1); } .key2 { background: var(--c2); }
.mark line { stroke: var(--mark); stroke-dasharray: 3 3; opacity: 0.55; } .mark circle { fill: var(--mark); }
.log { font-size: 0.9rem; color: var(--quiet); } details { margin-top: 0.6rem; }
`;
