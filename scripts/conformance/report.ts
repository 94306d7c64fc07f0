/** What a run found: lines for the terminal, Markdown for a page, JSON for programs. */
import type { Outcome } from './run.ts';

export type Report = {
  at: string;
  url: string;
  webSocketUrl: string;
  passed: boolean;
  counts: Record<Outcome['status'], number>;
  requirements: Outcome[];
};

const words = { passed: 'ok', failed: 'FAILED', skipped: 'skipped', missing: 'missing' } as const;

export function reportOf(
  target: { url: string; webSocketUrl: string },
  outcomes: Outcome[],
  { at, strict }: { at: Date; strict: boolean },
): Report {
  const count = (status: Outcome['status']) => outcomes.filter((one) => one.status === status).length;
  const counts = {
    passed: count('passed'),
    failed: count('failed'),
    skipped: count('skipped'),
    missing: count('missing'),
  };
  return {
    at: at.toISOString(),
    url: target.url,
    webSocketUrl: target.webSocketUrl,
    // A run that could try nothing has shown nothing.
    passed: counts.passed > 0 && counts.failed === 0 && (!strict || counts.missing === 0),
    counts,
    requirements: outcomes,
  };
}

export function lineOf({ id, section, promise, status, reason }: Outcome): string {
  const line = `${words[status].padEnd(8)} ${section.padEnd(16)} ${id.padEnd(32)} ${promise}`;
  return reason === undefined ? line : `${line}\n${' '.repeat(26)}${reason}`;
}

export function summaryOf({ counts }: Report): string {
  const { passed, failed, skipped, missing } = counts;
  return `${passed} passed, ${failed} failed, ${skipped} skipped, ${missing} missing in the server`;
}

export function markdownOf(report: Report): string {
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ');
  const rows = report.requirements.map(
    ({ id, section, promise, status, reason }) =>
      `| ${section} | \`${id}\` | ${cell(promise)} | ${words[status]}${reason === undefined ? '' : `: ${cell(reason)}`} |`,
  );
  return [
    '# Conformance to the Parley protocol',
    '',
    `${report.url} and ${report.webSocketUrl}, ${report.at}: ${summaryOf(report)}.`,
    '',
    '| section | requirement | what must hold | result |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
