import { expect, test } from 'vitest';
import { handshakeToken, offersSubprotocol } from './handshake.ts';

test('the token comes as a subprotocol', () => {
  const headers = { 'Sec-WebSocket-Protocol': 'parley.v1, bearer.abc.def.ghi' };
  expect(handshakeToken(headers)).toBe('abc.def.ghi');
  expect(offersSubprotocol(headers)).toBe(true);
});

test('or as a header, whatever its spelling', () => {
  expect(handshakeToken({ authorization: 'Bearer abc.def.ghi' })).toBe('abc.def.ghi');
  expect(handshakeToken({ Authorization: 'bearer abc.def.ghi' })).toBe('abc.def.ghi');
  expect(offersSubprotocol({ Authorization: 'Bearer abc' })).toBe(false);
});

test.each([{}, null, undefined, { 'sec-websocket-protocol': 'parley.v1' }, { authorization: 'Basic abc' }])(
  'none in %j',
  (headers) => {
    expect(handshakeToken(headers)).toBeUndefined();
  },
);
