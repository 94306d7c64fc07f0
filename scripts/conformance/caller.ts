/** The HTTP API as one caller, or as nobody: plain `fetch`. */
import { setTimeout as delay } from 'node:timers/promises';
import type * as v from 'valibot';
import { type Code, problemOf, read, shown, statuses } from './shapes.ts';
import type { Target } from './target.ts';

export type Answer = { status: number; headers: Headers; body: unknown; text: string };

/** A limit that is over within this time is waited for; a longer one is told. */
const patienceSeconds = 20;

export class Caller {
  readonly #target: Target;
  readonly #heard: (text: string) => void;
  readonly #token: string | undefined;

  constructor(target: Target, heard: (text: string) => void, token?: string) {
    this.#target = target;
    this.#heard = heard;
    this.#token = token;
  }

  get(path: string): Promise<Answer> {
    return this.call('GET', path);
  }

  post(path: string, body?: unknown): Promise<Answer> {
    return this.call('POST', path, body);
  }

  put(path: string, body?: unknown): Promise<Answer> {
    return this.call('PUT', path, body);
  }

  patch(path: string, body?: unknown): Promise<Answer> {
    return this.call('PATCH', path, body);
  }

  delete(path: string, body?: unknown): Promise<Answer> {
    return this.call('DELETE', path, body);
  }

  /** Waits where the caller's rate is exceeded: the run is not to measure that by accident. */
  async call(method: string, path: string, body?: unknown): Promise<Answer> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    for (;;) {
      const answer = await this.once(method, path, text);
      const seconds = Number(answer.headers.get('retry-after'));
      if (answer.status !== 429 || !(seconds > 0 && seconds <= patienceSeconds)) return answer;
      await delay(seconds * 1000);
    }
  }

  /** One request with this very body, JSON or not. */
  async once(method: string, path: string, body?: string): Promise<Answer> {
    const response = await fetch(`${this.#target.url}/v1${path}`, {
      method,
      headers: {
        ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body }),
      signal: AbortSignal.timeout(this.#target.deadlineMs * 2),
    });
    const text = await response.text();
    this.#heard(text);
    return { status: response.status, headers: response.headers, body: json(text), text };
  }
}

/** The body of an answer that must have this status and this shape. */
export async function answered<Schema extends v.GenericSchema>(
  asked: Promise<Answer>,
  status: number,
  schema: Schema,
): Promise<v.InferOutput<Schema>> {
  const answer = await asked;
  expectStatus(answer, status);
  return read(schema, answer.body, 'The answer');
}

/** The answer must have this status and no body. */
export async function answeredNothing(asked: Promise<Answer>, status: number): Promise<void> {
  const answer = await asked;
  expectStatus(answer, status);
  if (answer.text !== '') throw new Error(`Expected no body, got ${answer.text.slice(0, 400)}`);
}

/** The answer must be the problem with this code (RFC 9457). */
export async function refused(asked: Promise<Answer>, code: Code): Promise<Answer> {
  const answer = await asked;
  expectStatus(answer, statuses[code]);
  read(problemOf(code), answer.body, `The problem ${code}`);
  const type = answer.headers.get('content-type') ?? '';
  if (!type.startsWith('application/problem+json')) {
    throw new Error(`Content-Type must be application/problem+json, and is "${type}"`);
  }
  return answer;
}

function expectStatus(answer: Answer, status: number): void {
  if (answer.status !== status) {
    throw new Error(`Expected ${status}, got ${answer.status}: ${shown(answer.body)}`);
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Whoever needs it to be JSON asserts its shape.
  }
}
