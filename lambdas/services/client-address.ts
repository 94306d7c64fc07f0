import { createHash, timingSafeEqual } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { acceptedKeys } from '../../shared/domain/secret-keys.ts';
import type { SecretStore } from '../stores/secret-store.ts';

/** Where a request seems to come from. */
export type Peer = {
  /** The other end of the connection to API Gateway: a client, or our distribution in front of many. */
  address: string;
  /** What only our distribution knows, and adds to each request it passes on. */
  edgeProof: string | undefined;
  /** Whom our distribution has as its own other end. Anyone else may write here what they like. */
  viewerAddress: string | undefined;
};

/** Tells clients apart by address, for limits: the address of a client behind our own distribution too. */
export class ClientAddress {
  readonly #edgeSecret: SecretStore;
  readonly #clock: () => number;

  constructor(edgeSecret: SecretStore, clock: () => number = Date.now) {
    this.#edgeSecret = edgeSecret;
    this.#clock = clock;
  }

  async of({ address, edgeProof, viewerAddress }: Peer): Promise<string> {
    const behindEdge =
      edgeProof !== undefined && viewerAddress !== undefined && (await this.#isOurs(edgeProof));
    return network(behindEdge ? viewerAddress : address);
  }

  async #isOurs(proof: string): Promise<boolean> {
    const keys = acceptedKeys(await this.#edgeSecret.keys(), this.#clock());
    return keys.some((key) => equal(key, proof));
  }
}

/** In the same time, whatever they are. */
function equal(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

/** One link has a whole /64 of IPv6 addresses, and so is one client. */
function network(address: string): string {
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? [];
  if (mapped !== undefined) return mapped;
  return isIPv6(address) ? prefixOf(groupsOf(address), 64) : address;
}

/** A network that a client is in, and how often as much as a single client may come from it. */
export type Surroundings = { network: string; allowance: number };

/**
 * The client itself, and the wider networks around it. A subscriber of IPv6 may have a /56 or a /48 (RFC 6177), which is 65,536
 * clients of a /64 each: so what is allowed to one address is allowed to a /48 four times, and not 65,536 times.
 *
 * @param address as `ClientAddress` has it
 */
export function networksAround(address: string): Surroundings[] {
  const [link = '', length] = address.split('/');
  if (length !== '64') return [{ network: address, allowance: 1 }];
  const groups = groupsOf(link);
  return [
    { network: address, allowance: 1 },
    { network: prefixOf(groups, 56), allowance: 2 },
    { network: prefixOf(groups, 48), allowance: 4 },
  ];
}

/** The first four, of 16 bits each: the rest is within a /64. */
function groupsOf(address: string): number[] {
  const [head = '', tail] = address.split('::');
  const groups = (text: string) => text.split(':').filter((group) => group !== '');
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after].slice(0, 4).map((group) => Number.parseInt(group, 16));
}

function prefixOf([one = 0, two = 0, three = 0, four = 0]: number[], length: 48 | 56 | 64): string {
  const last = { 48: [], 56: [four & 0xff00], 64: [four] }[length];
  const groups = [one, two, three, ...last].map((group) => group.toString(16));
  return `${groups.join(':')}::/${length}`;
}
