/** One thing that the doctor looked at. */
export type Diagnosis = {
  subject: string;
  state: 'ok' | 'warning' | 'failed';
  detail: string;
  /** What to do, where it is not ok. */
  advice?: string;
};

export const ok = (subject: string, detail: string): Diagnosis => ({ subject, state: 'ok', detail });
export const warning = (subject: string, detail: string, advice: string): Diagnosis => ({
  subject,
  state: 'warning',
  detail,
  advice,
});
export const failed = (subject: string, detail: string, advice: string): Diagnosis => ({
  subject,
  state: 'failed',
  detail,
  advice,
});

/** What cannot be looked at is told as any other trouble is. */
export async function examine(
  subject: string,
  advice: string,
  look: () => Promise<Diagnosis | Diagnosis[]>,
): Promise<Diagnosis[]> {
  try {
    return [await look()].flat();
  } catch (error) {
    return [
      failed(subject, error instanceof Error ? `${error.name}: ${error.message}` : String(error), advice),
    ];
  }
}

export function textOf({ subject, state, detail, advice }: Diagnosis): string {
  const line = `${state.padEnd(7)}  ${subject.padEnd(24)}  ${detail}`;
  return advice === undefined ? line : `${line}\n${' '.repeat(9)}→ ${advice}`;
}
