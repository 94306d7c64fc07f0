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

/** One subscriber has a whole /64 of IPv6 addresses (RFC 6177), and so is one client. */
function network(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::');
  const groups = (text: string) => text.split(':').filter((group) => group !== '');
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  const prefix = [...before, ...zeros, ...after]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16));
  return `${prefix.join(':')}::/64`;
}
