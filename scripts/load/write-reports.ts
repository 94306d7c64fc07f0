import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reportPage } from './report-page.ts';
import type { Summary } from './summary.ts';

/** `<title>-<time>.json` and `.html`. @returns their paths */
export function writeReports(directory: string, summary: Summary): string[] {
  mkdirSync(directory, { recursive: true });
  const base = join(directory, `${summary.title}-${summary.at.slice(0, 19).replaceAll(':', '-')}`);
  writeFileSync(`${base}.json`, `${JSON.stringify(summary, null, 2)}\n`);
  writeFileSync(`${base}.html`, reportPage(summary));
  return [`${base}.json`, `${base}.html`];
}
