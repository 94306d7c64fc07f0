import { expect, test } from 'vitest';
import type { SecretStore } from '../stores/secret-store.ts';
import { ClientAddress, networksAround } from './client-address.ts';

const hour = 60 * 60 * 1000;
const rotatedAt = '2026-11-24T10:00:00.000Z';

/** All that `ClientAddress` asks of a secret. */
const secret = { keys: async () => ({ current: 'proof', previous: 'old', rotatedAt }) } as SecretStore;
const addresses = new ClientAddress(secret, () => Date.parse(rotatedAt) + hour);

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

test('a proof of a day ago is none', async () => {
  const tomorrow = new ClientAddress(secret, () => Date.parse(rotatedAt) + 24 * hour);
  const forged = { ...direct, edgeProof: 'old', viewerAddress: '198.51.100.7' };
  expect(await tomorrow.of(forged)).toBe('192.0.2.1');
});

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

test('an IPv4 address that is written as one of IPv6 is that IPv4 address', async () => {
  expect(await addresses.of({ ...direct, address: '::ffff:192.0.2.7' })).toBe('192.0.2.7');
});

test.each([
  ['2001:db8:1:2f3::/64', ['2001:db8:1:2f3::/64', '2001:db8:1:200::/56', '2001:db8:1::/48']],
  ['2001:db8:0:0::/64', ['2001:db8:0:0::/64', '2001:db8:0:0::/56', '2001:db8:0::/48']],
  ['192.0.2.1', ['192.0.2.1']],
])('%s is in these networks, and the wider ones are allowed more', (address, networks) => {
  const around = networksAround(address);
  expect(around.map(({ network }) => network)).toEqual(networks);
  expect(around.map(({ allowance }) => allowance)).toEqual([1, 2, 4].slice(0, networks.length));
});
