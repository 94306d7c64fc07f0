import { equal, ok } from 'node:assert/strict';
import type { Cast } from '../cast.ts';
import { type Handshake, HandshakeRefused } from '../device.ts';
import { must, section, smoke } from '../requirement.ts';
import { Heartbeat } from '../shapes.ts';

async function opens(cast: Cast, handshake: Handshake, subprotocol: string): Promise<void> {
  const device = await cast.connect(handshake);
  equal(device.subprotocol, subprotocol);
  await device.reply({ action: 'heartbeat' }, Heartbeat);
  await device.close();
}

/** Never open and close: the socket must not open at all. */
async function fails(cast: Cast, handshake: Handshake): Promise<void> {
  const result = await cast.connect(handshake).catch((error: unknown) => error);
  if (!(result instanceof Error)) throw new Error('The socket opened');
  if (!(result instanceof HandshakeRefused)) throw result;
  ok(result.status === 401 || result.status === 403, `Expected 401 or 403, got ${result.status}`);
}

export const handshake = section('§5 Handshake', [
  smoke(
    'ws.handshake.subprotocol',
    'A token among the subprotocols opens the socket; the server selects parley.v1',
    async (cast) => {
      const { token } = await cast.person('alice');
      await opens(cast, { protocols: ['parley.v1', `bearer.${token}`] }, 'parley.v1');
      await opens(cast, { protocols: [`bearer.${token}`, 'parley.v1'] }, 'parley.v1');
    },
  ),
  must(
    'ws.handshake.header',
    'A token in the Authorization header opens it without a subprotocol',
    async (cast) => {
      const { token } = await cast.person('alice');
      await opens(cast, { headers: { authorization: `Bearer ${token}` } }, '');
    },
  ),
  smoke('ws.handshake.no-token', 'Without a token the handshake fails with 401 or 403', async (cast) => {
    await fails(cast, {});
    await fails(cast, { protocols: ['parley.v1'] });
    await fails(cast, { protocols: ['parley.v1', 'bearer.'] });
  }),
  smoke('ws.handshake.bad-token', 'With a bad token it fails too', async (cast) => {
    const { token } = await cast.person('alice');
    for (const bad of ['nonsense', 'a.b.c', token.slice(0, -3), `${token}A`]) {
      await fails(cast, { protocols: ['parley.v1', `bearer.${bad}`] });
      await fails(cast, { headers: { authorization: `Bearer ${bad}` } });
    }
  }),
  must('ws.handshake.query', 'A token in the query string is none', async (cast) => {
    const { token } = await cast.person('alice');
    await fails(cast, { protocols: ['parley.v1'], search: `?token=${token}` });
    await fails(cast, { search: `?Authorization=Bearer%20${token}` });
  }),
]);
