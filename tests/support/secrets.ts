const secretFields = new Set(['password', 'currentPassword', 'newPassword', 'token', 'content']);
/** Shorter text turns up in a log line by chance. */
const shortestTold = 6;

/** Everything that passed between the tests and Parley and must never be written to a log. */
export class Secrets {
  readonly #values = new Set<string>();

  add(...values: string[]): void {
    for (const value of values) if (value.length >= shortestTold) this.#values.add(value);
  }

  /** Notes passwords and message text of a request, or all of it where it is no JSON. */
  noteRequest(text: string): void {
    try {
      this.#noteFields(JSON.parse(text));
    } catch {
      this.add(text.slice(0, 200));
    }
  }

  noteAnswer(text: string): void {
    try {
      this.#noteFields(JSON.parse(text));
    } catch {
      // An answer that is no JSON holds nothing of ours.
    }
  }

  /** Those of `lines` that hold a secret, plain or escaped as JSON does, or anything shaped like a token. */
  leaksIn(lines: string[]): string[] {
    const told = [...this.#values].flatMap((value) => [value, JSON.stringify(value).slice(1, -1)]);
    return lines.filter(
      (line) => /\beyJ[\w-]+\.[\w-]*/.test(line) || told.some((value) => line.includes(value)),
    );
  }

  #noteFields(value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    for (const [name, field] of Object.entries(value)) {
      if (secretFields.has(name) && typeof field === 'string') this.add(field);
      else this.#noteFields(field);
    }
  }
}
