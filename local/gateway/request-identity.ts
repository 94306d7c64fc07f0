import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** 16 characters of base64 that end in `=`, as API Gateway's request, message and connection ids look. */
export function randomId(): string {
  return randomBytes(11).toString('base64').replaceAll('/', '-').replaceAll('+', '_');
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Common Log Format: `13/Dec/2020:10:17:47 +0000`. */
export function commonLogTime(epochMilliseconds: number): string {
  const iso = new Date(epochMilliseconds).toISOString();
  const month = months[Number(iso.slice(5, 7)) - 1];
  return `${iso.slice(8, 10)}/${month}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
}

/** The address of the TCP connection; IPv4 in its own form on a dual-stack socket. */
export function sourceAddress(request: IncomingMessage): string {
  return (request.socket.remoteAddress ?? '127.0.0.1').replace(/^::ffff:/, '');
}

/** What API Gateway's load balancer adds to the headers a client sent. */
export function forwardingHeaders(request: IncomingMessage): Record<string, string> {
  const before = request.headers['x-forwarded-for'];
  const address = sourceAddress(request);
  return {
    'X-Amzn-Trace-Id': `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-${randomBytes(12).toString('hex')}`,
    'X-Forwarded-For': before === undefined ? address : `${String(before)}, ${address}`,
    'X-Forwarded-Port': String(request.socket.localPort ?? 443),
    'X-Forwarded-Proto': 'https',
  };
}
