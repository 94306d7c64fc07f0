import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { parse } from 'yaml';

/** What is read here of Stryker's report: https://github.com/stryker-mutator/mutation-testing-elements */
const Position = v.object({ line: v.number(), column: v.number() });
const Mutant = v.object({
  mutatorName: v.string(),
  replacement: v.optional(v.string(), ''),
  status: v.string(),
  static: v.optional(v.boolean(), false),
  location: v.object({ start: Position, end: Position }),
});
export const MutationReport = v.object({
  files: v.record(v.string(), v.object({ source: v.string(), mutants: v.array(Mutant) })),
});
export type MutationReport = v.InferOutput<typeof MutationReport>;
type Mutant = v.InferOutput<typeof Mutant>;

const Explanation = v.strictObject({ why: v.string(), mutants: v.array(v.string()) });
const Explained = v.record(v.string(), v.array(Explanation));

export type Survivor = { file: string; line: number; mutator: string; code: string };

/** The mutants that may survive, by file: of each the lines as they read after the mutation. */
export function explainedSurvivors(): Map<string, Set<string>> {
  const text = readFileSync(join(import.meta.dirname, 'survivors.yaml'), 'utf8');
  const files = Object.entries(v.parse(Explained, parse(text)));
  return new Map(files.map(([file, list]) => [file, new Set(list.flatMap(({ mutants }) => mutants))]));
}

export function countsOf(report: MutationReport, files: string[]): { killed: number; valid: number } {
  const mutants = files.flatMap((file) => report.files[file]?.mutants ?? []);
  const killed = mutants.filter(isKilled).length;
  return { killed, valid: killed + mutants.filter(isSurvivor).length };
}

export function survivorsOf(report: MutationReport): Survivor[] {
  return Object.entries(report.files).flatMap(([file, { source, mutants }]) =>
    mutants.filter(isSurvivor).map((mutant) => ({
      file,
      line: mutant.location.start.line,
      mutator:
        mutant.status === 'NoCoverage' ? `${mutant.mutatorName}, reached by no test` : mutant.mutatorName,
      code: mutated(source, mutant),
    })),
  );
}

function isKilled({ status }: Mutant): boolean {
  return status === 'Killed' || status === 'Timeout';
}

function isSurvivor({ status }: Mutant): boolean {
  return status === 'Survived' || status === 'NoCoverage';
}

/**
 * The lines of the mutant as they read after the mutation, and where they say too little those before: line numbers would not
 * outlast the next change of the file.
 */
function mutated(source: string, { location: { start, end }, replacement }: Mutant): string {
  const lines = source.split('\n');
  const before = (lines[start.line - 1] ?? '').slice(0, start.column - 1);
  const after = (lines[end.line - 1] ?? '').slice(end.column - 1);
  let code = `${before}${replacement}${after}`.trim();
  for (let line = start.line - 2; line >= 0 && saysTooLittle.test(code); line -= 1) {
    code = `${lines[line]?.trim()} ${code}`;
  }
  return code.replaceAll(/\s+/g, ' ');
}

const saysTooLittle = /^([)\]}{]|.{0,11}$)/;
