import type { IncomingMessage } from 'node:http';
import { isLoopbackHost, isOfAnotherOrigin } from '../loopback-guard.ts';

export type Visitor = {
  remoteAddress: string | undefined;
  headers: IncomingMessage['headers'];
};

const loopbackAddress = /^(::ffff:)?127\.\d+\.\d+\.\d+$|^::1$/;
/** Something on this machine passes on what others ask. */
const forwarding = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'];

/**
 * Whether somebody at this very machine asks: the tables are shown, and nobody signs in for it. Three ways lead round an address:
 *
 * - a page of the internet whose name was made to point to 127.0.0.1 sends its own name as `Host`;
 * - a page of another origin, be it another port of this machine, is told by the browser in `Sec-Fetch-Site` and `Origin`;
 * - a proxy or tunnel on this machine says for whom it asks.
 */
export function isLocalVisitor({ remoteAddress, headers }: Visitor): boolean {
  if (!loopbackAddress.test(remoteAddress ?? '')) return false;
  if (!isLoopbackHost(headers.host)) return false;
  return !forwarding.some((name) => headers[name] !== undefined);
}

/** For what is worth reading: the page itself may be linked to from anywhere. */
export function isSameOrigin({ headers }: Visitor): boolean {
  return !isOfAnotherOrigin(headers);
}
