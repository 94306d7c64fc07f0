import { setTimeout as delay } from 'node:timers/promises';
import { alice, bobId, carolId, dm, group, messageId } from '../../../scripts/docs/examples.ts';
import { httpEvent } from './events.ts';
import type { Functions } from './functions.ts';

const password = 'correct horse';
const said = ['one', 'two', 'three'];
let scenes = 0;

/** The world of the examples, with rows behind it: Alice, who asks, an admin of a group with Bob and Carol and some messages. */
export class Scene {
  readonly token: string;
  /** Of a user who is in no conversation with anyone. */
  readonly strangersToken: string;
  readonly #functions: Functions;
  readonly #names: [example: string, real: string][];
  readonly #group: string;

  private constructor(
    functions: Functions,
    tokens: { token: string; strangersToken: string },
    conversation: string,
    names: [string, string][],
  ) {
    this.#functions = functions;
    this.token = tokens.token;
    this.strangersToken = tokens.strangersToken;
    this.#group = conversation;
    this.#names = names;
  }

  static async enter(functions: Functions): Promise<Scene> {
    scenes += 1;
    const call = async (routeKey: string, body: object, token = '') => {
      const headers = { authorization: `Bearer ${token}` };
      const { outcome } = await functions.invoke(
        routeKey,
        httpEvent({ routeKey, headers, body: JSON.stringify(body) }),
      );
      const { statusCode, body: text } = answerOf(outcome);
      if (statusCode >= 300) throw new Error(`${routeKey} was answered ${statusCode}: ${text}`);
      return JSON.parse(text ?? 'null');
    };
    const isStored = async () => {
      const routeKey = 'GET /messages';
      const rawQueryString = `conversationId=${conversationId}`;
      const headers = { authorization: `Bearer ${asking.token}` };
      const { outcome } = await functions.invoke(routeKey, httpEvent({ routeKey, rawQueryString, headers }));
      return answerOf(outcome).body?.includes(`"seq":${said.length},`) === true;
    };
    const register = (name: string) => call('POST /users', { username: `${name}-${scenes}`, password });
    const [asking, bob, carol] = [await register('alice'), await register('bob'), await register('carol')];
    const memberIds = [bob.user.userId, carol.user.userId];
    const { conversationId } = await call(
      'POST /conversations',
      { type: 'GROUP', title: 'Lunch', memberIds },
      asking.token,
    );
    await functions.delivering(async () => {
      for (const text of said) {
        await call('POST /messages', { conversationId, messageId: `m-${text}`, content: text }, asking.token);
      }
      while (!(await isStored())) await delay(20);
    });
    const { token: strangersToken } = await register('mallory');
    functions.contents.forget();
    return new Scene(functions, { token: asking.token, strangersToken }, conversationId, [
      [alice.userId, asking.user.userId],
      [bobId, bob.user.userId],
      [carolId, carol.user.userId],
      [dm.conversationId, conversationId],
      [group.conversationId, conversationId],
      [messageId, `m-${scenes}`],
      ['"alice"', `"alice-${scenes}"`],
    ]);
  }

  /** What was written of the examples, of those that are here. */
  cast(text: string): string {
    return this.#names.reduce((so, [example, real]) => so.replaceAll(example, real), text);
  }

  /** Whether Alice is still signed in and an admin: what was accepted may have ended either. */
  async stands(): Promise<boolean> {
    const routeKey = 'GET /conversations/{id}';
    const pathParameters = { id: this.#group };
    const headers = { authorization: `Bearer ${this.token}` };
    const { outcome } = await this.#functions.invoke(
      routeKey,
      httpEvent({ routeKey, pathParameters, headers }),
    );
    return answerOf(outcome).body?.includes('"role":"admin"') === true;
  }
}

export type FunctionAnswer = { statusCode: number; headers?: Record<string, string>; body?: string };

/** Throws where the function failed, which no event may bring about. */
export function answerOf(outcome: { payload: unknown } | { functionError: object }): FunctionAnswer {
  if ('functionError' in outcome)
    throw new Error(`The function failed: ${JSON.stringify(outcome.functionError)}`);
  const { payload } = outcome;
  if (typeof payload !== 'object' || payload === null || !('statusCode' in payload)) {
    throw new Error(`This is no answer: ${JSON.stringify(payload)}`);
  }
  return payload as FunctionAnswer; // Callers check the rest.
}
