import * as v from 'valibot';

export type Severity = 'info' | 'low' | 'moderate' | 'high' | 'critical';

/** What `npm audit --json` prints where the registry answered. */
const Answer = v.object({
  vulnerabilities: v.record(
    v.string(),
    v.object({
      severity: v.picklist(['info', 'low', 'moderate', 'high', 'critical']),
      range: v.string(),
      via: v.array(v.union([v.string(), v.looseObject({ title: v.string(), url: v.string() })])),
    }),
  ),
});

/** And where it did not: its status, or what npm ran into. */
const Refusal = v.union([
  v.object({ message: v.string(), statusCode: v.optional(v.number()) }),
  v.object({ error: v.object({ summary: v.string() }) }),
]);

export type Advisory = { name: string; severity: Severity; range: string; what: string };
export type Advisories = { known: Advisory[] } | { unanswered: string };

/** Reads what `npm audit --json` printed. Throws on anything that it does not print. */
export function readAdvisories(json: string): Advisories {
  const printed: unknown = JSON.parse(json);
  if (v.is(Answer, printed)) {
    return {
      known: Object.entries(printed.vulnerabilities).map(([name, { severity, range, via }]) => ({
        name,
        severity,
        range,
        what: via
          .map((one) => (typeof one === 'string' ? `by ${one}` : `${one.title} (${one.url})`))
          .join('; '),
      })),
    };
  }
  const refusal = v.parse(Refusal, printed);
  if ('error' in refusal) return { unanswered: refusal.error.summary };
  // Its message names the address that was asked; the status says enough.
  return { unanswered: refusal.statusCode === undefined ? refusal.message : `status ${refusal.statusCode}` };
}

/** Those for which a commit does not pass: docs/security.md, Dependencies. */
export function isUrgent({ severity }: Advisory): boolean {
  return severity === 'high' || severity === 'critical';
}
