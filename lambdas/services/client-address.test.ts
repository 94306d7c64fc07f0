import { expect, test } from 'vitest';
import type { SecretStore } from '../stores/secret-store.ts';
import { ClientAddress } from './client-address.ts';

/** All that `ClientAddress` asks of a secret. */
const addresses = new ClientAddress({
  keys: async () => ({ current: 'proof', previous: 'old' }),
} as SecretStore);

const direct = { address: '192.0.2.1', edgeProof: undefined, viewerAddress: undefined };

test('a client that comes directly has the address of its connection', async () => {
  expect(await addresses.of(direct)).toBe('192.0.2.1');
});

test.each(['proof', 'old'])(
  'a client behind our distribution has the address it has there',
  async (edgeProof) => {
    expect(await addresses.of({ ...direct, edgeProof, viewerAddress: '198.51.100.7' })).toBe('198.51.100.7');
  },
);

test.each([undefined, '', 'prooF', 'proof '])(
  'nobody else chooses an address, with proof %j',
  async (edgeProof) => {
    expect(await addresses.of({ ...direct, edgeProof, viewerAddress: '198.51.100.7' })).toBe('192.0.2.1');
  },
);

test.each([
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('the addresses of one IPv6 network are one: %s', async (address, network) => {
  expect(await addresses.of({ ...direct, address })).toBe(network);
});
