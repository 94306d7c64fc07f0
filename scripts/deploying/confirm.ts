/** Asks before something is changed that others use. */
import { createInterface } from 'node:readline/promises';

export type Question = {
  text: string;
  /** What must be typed to go on. */
  answer: string;
};

/** Resolves once the person agrees; throws otherwise, and where nobody can be asked. */
export async function confirm({ text, answer }: Question): Promise<void> {
  if (!process.stdin.isTTY) throw new Error('Nobody is there to confirm: add --yes to go on without asking.');
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    if ((await terminal.question(text)).trim() !== answer) throw new Error('Nothing was changed.');
  } finally {
    terminal.close();
  }
}
