import { bearerToken } from './bearer-token.ts';

/** How a client presents itself when it opens the socket (docs/protocol.md, Handshake). */

export const subprotocol = 'parley.v1';
const tokenPrefix = 'bearer.';

type Headers = Record<string, string | undefined>;

export function offersSubprotocol(headers: Headers | null | undefined): boolean {
  return offered(headers).includes(subprotocol);
}

/** From the subprotocols, so that no URL or access log holds it, or from `Authorization` where headers can be set. */
export function handshakeToken(headers: Headers | null | undefined): string | undefined {
  const offer = offered(headers).find((protocol) => protocol.startsWith(tokenPrefix));
  if (offer !== undefined) return offer.slice(tokenPrefix.length);
  return bearerToken(header(headers, 'authorization'));
}

function offered(headers: Headers | null | undefined): string[] {
  return (header(headers, 'sec-websocket-protocol') ?? '').split(',').map((protocol) => protocol.trim());
}

/** API Gateway passes a WebSocket handshake's headers in the client's spelling. */
function header(headers: Headers | null | undefined, name: string): string | undefined {
  return Object.entries(headers ?? {}).find(([key]) => key.toLowerCase() === name)?.[1];
}
