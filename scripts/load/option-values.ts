import { parseArgs } from 'node:util';

/** A command line that cannot be followed. Its message is for whoever typed it. */
export class UsageError extends Error {
  override name = 'UsageError';
}

const unitMs: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `30s`, `5m`, `1h`, `500ms`: milliseconds. */
export function durationOf(option: string, text: string, limits: { minMs: number; maxMs: number }): number {
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  const milliseconds = Number(amount) * (unitMs[unit] ?? Number.NaN);
  if (!(milliseconds >= limits.minMs && milliseconds <= limits.maxMs)) {
    const [least, most] = [limits.minMs, limits.maxMs].map(durationText);
    throw new UsageError(
      `--${option} is a duration from ${least} to ${most}, such as 30s or 5m, not "${text}".`,
    );
  }
  return milliseconds;
}

export function durationText(milliseconds: number): string {
  for (const unit of ['h', 'm', 's']) {
    const size = unitMs[unit] ?? 1;
    if (milliseconds >= size && milliseconds % size === 0) return `${milliseconds / size}${unit}`;
  }
  return `${milliseconds}ms`;
}

/** A number from `min` to `max`; a whole one unless `fractions`. */
export function numberOf(
  option: string,
  text: string,
  { min, max, fractions = false }: { min: number; max: number; fractions?: boolean },
): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max && (fractions || Number.isInteger(value)))) {
    throw new UsageError(
      `--${option} is a ${fractions ? '' : 'whole '}number from ${min} to ${max}, not "${text}".`,
    );
  }
  return value;
}

export function urlOf(option: string, text: string, protocols: string[]): string {
  const protocol = URL.canParse(text) ? new URL(text).protocol : '';
  if (!protocols.includes(protocol)) {
    throw new UsageError(
      `--${option} begins with ${protocols.map((one) => `${one}//`).join(' or ')}, not "${text}".`,
    );
  }
  return text.replace(/\/+$/, '');
}

/** The options given, by name. Every option of these commands takes a value, but for `flags`. */
export function givenOptions<Name extends string, Flag extends string>(
  args: string[],
  names: readonly Name[],
  flags: readonly Flag[],
): { values: Partial<Record<Name, string>>; flags: Set<Flag> } {
  const type = (kind: 'string' | 'boolean') => (name: string) => [name, { type: kind }] as const;
  try {
    const { values } = parseArgs({
      args,
      options: Object.fromEntries([...names.map(type('string')), ...flags.map(type('boolean'))]),
    });
    return {
      // `parseArgs` gives what `options` says of each name.
      values: Object.fromEntries(
        names.flatMap((name) => (name in values ? [[name, values[name]]] : [])),
      ) as Partial<Record<Name, string>>,
      flags: new Set(flags.filter((flag) => values[flag] === true)),
    };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
