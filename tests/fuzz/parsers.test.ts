/** Whatever reads what a client sent, alone and in this process: what it costs, what it lets through, what it says. */
import fc from 'fast-check';
import type * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { handshakeToken } from '../../lambdas/middleware/handshake.ts';
import { parse, parseJson } from '../../lambdas/middleware/parse-json.ts';
import { readInboxCursor, writeInboxCursor } from '../../lambdas/services/inbox-cursor.ts';
import { routeSelector } from '../../local/gateway/route-selection.ts';
import { routeDocuments } from '../../scripts/docs/http-routes.ts';
import { actionDocuments } from '../../scripts/docs/socket-messages.ts';
import { ParleyError } from '../../shared/protocol/errors.ts';
import { InboxQuery } from '../../shared/protocol/http.ts';
import { limits } from '../../shared/protocol/limits.ts';
import { expectLinear } from './support/cost.ts';
import { cursors } from './support/cursors.ts';
import { echoed } from './support/echoes.ts';
import { fuzz } from './support/fuzz.ts';
import { texts, textsOf } from './support/hostile.ts';
import { mutated } from './support/mutations.ts';

type Reading = { name: string; schema: v.GenericSchema; example: object; maxBytes: number };

const readings: Reading[] = [
  ...Object.entries(actionDocuments).map(([name, { frame }]) => ({
    name,
    schema: frame.schema,
    example: frame.example,
    maxBytes: limits.frameBytes,
  })),
  ...Object.entries(routeDocuments).flatMap(([name, { body }]) =>
    body === undefined
      ? []
      : [{ name, schema: body.schema, example: Object(body.example), maxBytes: limits.bodyBytes }],
  ),
];
const share = 0.2 / readings.length;

describe.each(readings)('$name', ({ name, schema, example, maxBytes }) => {
  const known = JSON.stringify(example);
  const read = (text: string) => refusalOf(() => parseJson(text, schema, maxBytes));
  const plain = (bytes: number) => `{"action":"${'x'.repeat(Math.max(0, bytes - 13))}"}`;

  test('its example is taken', () => {
    expect(read(known)).toBeUndefined();
  });

  fuzz(`reads ${name}`, { share, runs: 80 }, mutated({ ...example }, maxBytes), (text) => {
    const refused = read(text);
    if (refused === undefined) {
      // What it lets through has one form: reading that again changes nothing.
      const once = parseJson(text, schema, maxBytes);
      expect(parseJson(JSON.stringify(once), schema, maxBytes)).toEqual(once);
    } else {
      expect(refused.message.length).toBeLessThan(300);
      expect(echoed(text, refused.message, known), 'repeats what was sent').toBeUndefined();
    }
    expectLinear(read, text, plain);
  });

  const fields = Object.entries(example).flatMap(([field, value]) =>
    typeof value === 'string' ? [field] : [],
  );
  const longest = maxBytes - Buffer.byteLength(known);
  for (const field of fields) {
    fuzz(`reads any ${field} of ${name}`, { share: share / 10, runs: 15 }, textsOf(longest), (text) => {
      expectLinear(read, JSON.stringify({ ...example, [field]: text }), plain);
    });
  }
});

/** Undefined where `read` takes it. Any other error than a client's own is one of ours. */
function refusalOf(read: () => unknown): ParleyError | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof ParleyError && ['BAD_REQUEST', 'PAYLOAD_TOO_LARGE'].includes(error.code))
      return error;
    throw error;
  }
}

fuzz('reads cursors of the inbox', { share: 0.05, runs: 200 }, cursors, (cursor) => {
  const read = (text: string) =>
    refusalOf(() => readInboxCursor(parse({ cursor: text }, InboxQuery).cursor ?? ''));
  const refused = read(cursor);
  if (refused !== undefined) expect(echoed(cursor, refused.message, '')).toBeUndefined();
  // What is taken is a cursor as the server writes them, and nothing besides.
  else expect(decoded(writeInboxCursor(readInboxCursor(cursor)))).toBe(decoded(cursor));
  expectLinear(read, cursor, (bytes) => 'x'.repeat(bytes));
});

const decoded = (cursor: string) => Buffer.from(cursor, 'base64url').toString();

const protocols = fc
  .array(fc.oneof(texts, fc.constantFrom('parley.v1', 'bearer.', 'bearer.a.b.c', ' bearer.x ')), {
    maxLength: 5,
  })
  .map((offered) => offered.join(','));

fuzz('finds the token of a handshake', { share: 0.05, runs: 150 }, protocols, (offer) => {
  const read = (text: string) => {
    handshakeToken({ 'Sec-WebSocket-Protocol': text });
    handshakeToken({ authorization: text });
  };
  read(offer);
  expectLinear(read, offer, (bytes) => 'x'.repeat(bytes));
});

const select = routeSelector('$request.body.action');

fuzz(
  'selects the route of a frame',
  { share: 0.05, runs: 150 },
  mutated({ action: 'heartbeat' }, limits.frameBytes),
  (frame) => {
    select(frame);
    expectLinear(
      (text) => void select(text),
      frame,
      (bytes) => `{"a":"${'x'.repeat(bytes)}"}`,
    );
  },
);
