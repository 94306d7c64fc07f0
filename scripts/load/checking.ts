export type Check = {
  name: string;
  /** How many things were looked at: a check of nothing has not passed. */
  checked: number;
  failures: number;
  /** The first of them, in words. */
  examples: string[];
};

const shownExamples = 10;

/** One check of the verification while it is being made. */
export class Checking {
  readonly check: Check;

  constructor(name: string) {
    this.check = { name, checked: 0, failures: 0, examples: [] };
  }

  /** @param problems what is wrong with the one thing that was looked at; nothing, if nothing is */
  look(...problems: string[]): void {
    this.check.checked += 1;
    this.check.failures += problems.length;
    this.check.examples.push(...problems.slice(0, shownExamples - this.check.examples.length));
  }
}
