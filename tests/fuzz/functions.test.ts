/** The functions of both APIs, with events as API Gateway sends them and whatever a client can put into these. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { routeDocuments } from '../../scripts/docs/http-routes.ts';
import { actionDocuments } from '../../scripts/docs/socket-messages.ts';
import { limits } from '../../shared/protocol/limits.ts';
import { authorizerEvent, frameEvent, type HttpCall, httpEvent } from './support/events.ts';
import { Functions, type Invocation } from './support/functions.ts';
import { fuzz } from './support/fuzz.ts';
import { texts } from './support/hostile.ts';
import { expectBounded, expectDiscreetLog, expectNoTrace, expectSwift } from './support/judge.ts';
import { mutated, mutatedQuery } from './support/mutations.ts';
import { answerOf, Scene } from './support/scene.ts';
import { forgedTokens, strangersToken, theToken } from './support/tokens.ts';

let functions: Functions;
let scene: Scene;

beforeAll(async () => {
  functions = await Functions.start();
  scene = await Scene.enter(functions);
});
afterAll(() => functions?.close());

/** After what was accepted the world is another one. */
async function goOn(changed: boolean): Promise<void> {
  functions.contents.forget();
  if (changed && !(await scene.stands())) scene = await Scene.enter(functions);
}

/** Most are signed in: the rest is refused before it comes to anything. */
const authorizations = fc.oneof(
  { weight: 8, arbitrary: fc.constant(`Bearer ${theToken}`) },
  { weight: 2, arbitrary: fc.constant(`Bearer ${strangersToken}`) },
  { weight: 1, arbitrary: forgedTokens.map((token) => `Bearer ${token}`) },
  { weight: 1, arbitrary: texts },
);

const addresses = fc.oneof(fc.ipV4(), fc.ipV6());

describe('HTTP', () => {
  const calls = Object.entries(routeDocuments).map(([routeKey, { path, query, body }]) => {
    const names = [...routeKey.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
    const ids = names.map((name) =>
      name === 'id' ? 'cnv_m2Xc8Vb5Nn1Zq0LkJhGfDs' : 'usr_9fLbR6uV1eKc0oXtNaMS2w',
    );
    const parameter = (id: string) =>
      fc.oneof({ weight: 5, arbitrary: fc.constant(id) }, { weight: 1, arbitrary: texts });
    const known: Record<string, string> =
      routeKey === 'GET /messages'
        ? { conversationId: 'cnv_m2Xc8Vb5Nn1Zq0LkJhGfDs', after: '0' }
        : { ids: 'usr_9fLbR6uV1eKc0oXtNaMS2w' };
    return fc.record({
      routeKey: fc.constant(routeKey),
      pathParameters:
        path === undefined
          ? fc.constant(undefined)
          : fc
              .tuple(...ids.map(parameter))
              .map((all) => Object.fromEntries(all.map((id, at) => [names[at], id]))),
      rawQueryString:
        query === undefined
          ? fc.oneof(
              { weight: 9, arbitrary: fc.constant('') },
              { weight: 1, arbitrary: texts.map((text) => text.toWellFormed()) },
            )
          : mutatedQuery(known),
      body:
        body === undefined
          ? fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: texts })
          : mutated(atSeqTwo(body.example), limits.bodyBytes),
      authorization: authorizations,
      userAgent: fc.oneof({ weight: 9, arbitrary: fc.constant('fuzz') }, { weight: 1, arbitrary: texts }),
      isBase64Encoded: fc.oneof(
        { weight: 9, arbitrary: fc.constant(false) },
        { weight: 1, arbitrary: fc.constant(true) },
      ),
      edge: fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: texts }),
      sourceIp: addresses,
    });
  });

  fuzz('any request', { share: 0.25, runs: 150 }, fc.oneof(...calls), async (input) => {
    const { routeKey, rawQueryString, body, isBase64Encoded, sourceIp, edge } = input;
    const cast = (text: string) => scene.cast(text);
    const authorization = input.authorization
      .replace(theToken, scene.token)
      .replace(strangersToken, scene.strangersToken);
    const sent = cast(`${body ?? ''}`);
    const call: HttpCall = {
      routeKey,
      rawQueryString: cast(rawQueryString),
      ...(input.pathParameters && { pathParameters: mapped(input.pathParameters, cast) }),
      headers: {
        authorization,
        'user-agent': input.userAgent,
        ...(edge !== undefined && { 'x-parley-edge': edge, 'x-parley-viewer-address': edge }),
      },
      ...(body !== undefined && { body: isBase64Encoded ? Buffer.from(sent).toString('base64') : sent }),
      isBase64Encoded,
      sourceIp,
    };
    await functions.contents.remember();
    const invocation = await functions.invoke(routeKey, httpEvent(call));
    const { statusCode, body: told = '' } = answerOf(invocation.outcome);
    expect(statusCode, told).toBeLessThan(500);
    const named = [sent, call.rawQueryString, ...Object.values(call.pathParameters ?? {})].join(' ');
    expectBounded(invocation, named);
    expectDiscreetLog(invocation, [scene.token, 'correct horse', ...textsOf(sent)]);
    if (statusCode >= 400) {
      const known = `${routeKey} ${JSON.stringify(routeDocuments[routeKey]?.body?.example ?? '')}`;
      await expectNoTrace(functions, invocation, { sent, told, known, token: scene.token });
    } else await goOn(!routeKey.startsWith('GET'));
    const plain = `{"x":"${'x'.repeat(Math.max(0, Buffer.byteLength(sent) - 8))}"}`;
    await expectSwift(
      invocation,
      () => functions.invoke(routeKey, httpEvent(call)),
      () => functions.invoke(routeKey, httpEvent({ ...call, body: plain, isBase64Encoded: false })),
    );
  });
});

describe('frames', () => {
  const frames = Object.entries(actionDocuments).map(([action, { frame }]) =>
    fc.record({
      action: fc.oneof(
        { weight: 12, arbitrary: fc.constant(action) },
        { weight: 1, arbitrary: fc.constant('$default frame') },
      ),
      stranger: fc.oneof(
        { weight: 4, arbitrary: fc.constant(false) },
        { weight: 1, arbitrary: fc.constant(true) },
      ),
      text: mutated(atSeqTwo(frame.example), limits.frameBytes),
    }),
  );

  fuzz('any frame', { share: 0.2, runs: 130 }, fc.oneof(...frames), async ({ action, stranger, text }) => {
    const sent = scene.cast(text);
    const routeKey = action === '$default frame' ? '$default' : action;
    const authorizer = await authorizerContext(stranger ? scene.strangersToken : scene.token);
    const event = frameEvent(routeKey, authorizer, sent);
    await functions.contents.remember();
    const invocation = await functions.invoke(action, event);
    const { statusCode, body = '{}' } = answerOf(invocation.outcome);
    expect(statusCode).toBe(200);
    const reply: { type?: string; code?: string; message?: string } = JSON.parse(body);
    expect(reply.code).not.toBeOneOf(['INTERNAL', 'UNAVAILABLE']);
    expectBounded(invocation, sent);
    expectDiscreetLog(invocation, [scene.token, ...textsOf(sent)]);
    if (reply.type === 'error') {
      const told = reply.message ?? '';
      await expectNoTrace(functions, invocation, { sent, told, known: action, token: scene.token });
    } else await goOn(true);
    const plain = `{"action":"${'x'.repeat(Math.max(0, Buffer.byteLength(sent) - 13))}"}`;
    await expectSwift(
      invocation,
      () => functions.invoke(action, event),
      () => functions.invoke(action, frameEvent(routeKey, authorizer, plain)),
    );
  });
});

describe('handshakes', () => {
  const offers = fc
    .array(
      fc.oneof(
        texts,
        fc.constantFrom('parley.v1', `bearer.${theToken}`),
        forgedTokens.map((token) => `bearer.${token}`),
      ),
      {
        maxLength: 4,
      },
    )
    .map((offered) => offered.join(', '));
  const headers = fc.oneof(
    fc.record({ 'Sec-WebSocket-Protocol': offers }),
    fc.record({ Authorization: authorizations }),
    fc.dictionary(texts, texts, { maxKeys: 4 }),
  );

  fuzz(
    'the authorizer lets in by the right token alone',
    { share: 0.1, runs: 100 },
    headers,
    async (written) => {
      const sent = mapped(written, (text) => text.replaceAll(theToken, scene.token));
      await functions.contents.remember();
      const invocation = await functions.invoke('authorizer', authorizerEvent(sent));
      expectBounded(invocation, '');
      expectDiscreetLog(invocation, [
        scene.token,
        ...Object.values(sent).flatMap((value) => value.split(/[ ,]+/)),
      ]);
      expect(await functions.contents.changes()).toEqual([]);
      if (isUnauthorized(invocation)) return;
      if ('functionError' in invocation.outcome)
        throw new Error(JSON.stringify(invocation.outcome.functionError));
      expect(JSON.stringify(invocation.outcome.payload)).toContain('"Effect":"Allow"');
      const offered = Object.values(sent)
        .flatMap((value) => value.split(/[ ,]+/))
        .map((text) => text.replace(/^bearer\./, ''));
      expect(offered.some((token) => token === scene.token || token === scene.strangersToken)).toBe(true);
    },
  );
});

/** As API Gateway hands it to every frame: what the authorizer said of the user at the handshake. */
async function authorizerContext(token: string): Promise<Record<string, string>> {
  const known = contexts.get(token);
  if (known !== undefined) return known;
  const headers = { 'Sec-WebSocket-Protocol': `parley.v1, bearer.${token}` };
  const { outcome } = await functions.invoke('authorizer', authorizerEvent(headers));
  const { payload } = outcome as { payload: { context: Record<string, string> } }; // The token is good.
  contexts.set(token, payload.context);
  return payload.context;
}
const contexts = new Map<string, Record<string, string>>();

function isUnauthorized({ outcome }: Invocation): boolean {
  return 'functionError' in outcome && outcome.functionError.errorMessage === 'Unauthorized';
}

/** The examples speak of message 42; here there are three. */
function atSeqTwo(example: unknown): Record<string, unknown> {
  return JSON.parse(JSON.stringify(example).replaceAll(/:4[0-2]\b/g, ':2'));
}

function mapped(all: Record<string, string>, change: (text: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, change(value)]));
}

/** Passwords and content of a body that can be read. */
function textsOf(sent: string): string[] {
  try {
    const { content, password, currentPassword, newPassword } = Object(JSON.parse(sent));
    return [content, password, currentPassword, newPassword].filter((value) => typeof value === 'string');
  } catch {
    return [];
  }
}
