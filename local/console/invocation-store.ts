import type { InvocationReport, LambdaLogLine } from '../lambda/lambda-pool.ts';
import type { InvocationPage, InvocationView } from './console-api.ts';

/**
 * So that a long run does not fill the memory: with all of these at their limit, some 10 MB. The longest line of ours, of a batch with
 * 100 messages stored and as many posts named, has about 35,000 characters.
 */
const limits = { invocations: 1000, characters: 4_000_000, lines: 200, lineCharacters: 50_000 };

type Kept = { number: number; view: InvocationView; characters: number };

export type InvocationFilter = {
  function?: string | undefined;
  /** Of API Gateway, of the client, or of the invocation itself. */
  requestId?: string | undefined;
  messageId?: string | undefined;
  conversationId?: string | undefined;
  failed?: boolean | undefined;
};

/** The last invocations with what they wrote to their logs. Events and answers, which hold what people write, are not kept. */
export class InvocationStore {
  /** By invocation id, in the order in which they were first heard of. */
  readonly #kept = new Map<string, Kept>();
  #numbers = 0;
  #characters = 0;

  addLine(name: string, { stream, line, invocationId }: LambdaLogLine, now: number): void {
    if (invocationId === undefined) return;
    const kept = this.#of(invocationId, name, now);
    const { log } = kept.view;
    if (log.length >= limits.lines) return;
    const text = line.length > limits.lineCharacters ? `${line.slice(0, limits.lineCharacters)}…` : line;
    log.push({ stream, line: text });
    kept.characters += text.length;
    this.#characters += text.length;
    this.#makeRoom();
  }

  /** May come before the last lines, which travel through a pipe. */
  addReport(name: string, report: InvocationReport, now: number): void {
    const { view } = this.#of(report.invocationId, name, now);
    view.startedAt = new Date(now - report.durationMilliseconds).toISOString();
    view.durationMilliseconds = report.durationMilliseconds;
    view.waitMilliseconds = report.waitMilliseconds;
    view.coldStart = report.coldStart;
    view.awsCalls = report.awsCalls;
    if (report.functionError !== undefined) view.error = report.functionError;
    this.#makeRoom();
  }

  /** Newest first, those heard of before number `before`. */
  page(filter: InvocationFilter, limit: number, before = Number.POSITIVE_INFINITY): InvocationPage {
    const found = [...this.#kept.values()]
      .reverse()
      .filter(({ number, view }) => number < before && matches(view, filter));
    const items = found.slice(0, limit);
    return {
      items: items.map(({ view }) => view),
      nextBefore: found.length > limit ? (items.at(-1)?.number ?? null) : null,
    };
  }

  #of(invocationId: string, name: string, now: number): Kept {
    const known = this.#kept.get(invocationId);
    if (known !== undefined) return known;
    const startedAt = new Date(now).toISOString();
    const view: InvocationView = { invocationId, function: name, startedAt, awsCalls: {}, log: [] };
    this.#numbers += 1;
    const kept = { number: this.#numbers, view, characters: 0 };
    this.#kept.set(invocationId, kept);
    return kept;
  }

  #makeRoom(): void {
    for (const [id, { characters }] of this.#kept) {
      if (this.#kept.size <= limits.invocations && this.#characters <= limits.characters) return;
      this.#kept.delete(id);
      this.#characters -= characters;
    }
  }
}

function matches(view: InvocationView, filter: InvocationFilter): boolean {
  if (filter.function !== undefined && view.function !== filter.function) return false;
  if (filter.failed === true && view.error === undefined && !view.log.some(tellsOfTrouble)) return false;
  if (filter.requestId !== undefined && view.invocationId !== filter.requestId) {
    if (!mentions(view, 'requestId', filter.requestId)) return false;
  }
  return (['messageId', 'conversationId'] as const).every(
    (name) => filter[name] === undefined || mentions(view, name, filter[name]),
  );
}

/** Wherever it stands in a line: a batch names many. The functions' logger writes JSON without spaces. */
function mentions({ log }: InvocationView, name: string, id: string): boolean {
  const field = `${JSON.stringify(name)}:${JSON.stringify(id)}`;
  return log.some(({ line }) => line.includes(field));
}

function tellsOfTrouble({ line }: { line: string }): boolean {
  return /"level":"(WARN|ERROR|CRITICAL)"/.test(line);
}
