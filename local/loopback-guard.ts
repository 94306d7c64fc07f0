import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';

/**
 * Keeps the servers of the embedded runtime to the one who started it (docs/adr/0016-a-key-for-each-start.md). Two
 * kinds of strangers can reach a loopback port: pages in a browser of this machine, and other users of it.
 */

type Headers = Pick<
  IncomingHttpHeaders,
  'host' | 'origin' | 'authorization' | 'sec-fetch-site' | 'sec-fetch-mode' | 'sec-fetch-dest'
>;

/** Answers why a request is refused; undefined where it is not. */
export type Check = (headers: Headers, method?: string) => string | undefined;

const loopbackHost = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/** A page whose name was made to point to this machine (DNS rebinding) sends its own name as `Host`. */
export function isLoopbackHost(host: string | undefined): boolean {
  return loopbackHost.test(host ?? '');
}

/**
 * Whether a browser says that a page of another origin asks, be it of another port of this machine. An origin is told
 * with each request that a page can read the answer of, or that can change something; `Sec-Fetch-Site` with all others.
 */
export function isOfAnotherOrigin({ host, origin, 'sec-fetch-site': site }: Headers): boolean {
  if (origin !== undefined) return origin !== `http://${host}` && origin !== `https://${host}`;
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

/** Following a link or a bookmark shows a page to its user, and nothing to the page that holds the link. */
function isNavigation(headers: Headers, method: string | undefined): boolean {
  const { origin, 'sec-fetch-mode': mode, 'sec-fetch-dest': destination } = headers;
  return method === 'GET' && origin === undefined && mode === 'navigate' && destination === 'document';
}

/** An access key id as IAM takes them, so that every AWS client and tool does. */
export function drawAccessKeyId(): string {
  return `PARLEY${randomBytes(20).toString('hex').toUpperCase()}`;
}

/**
 * For what only the functions, the runtime and the operator's tools use: the emulators and the @connections API. No page
 * of a browser has business there, and every AWS client names its access key in the header that it signs with. The
 * signature itself is not verified: on the loopback interface nobody can read the header on its way.
 */
export function checkOfStores(accessKeyId: string): Check {
  const expected = Buffer.from(accessKeyId);
  return (headers) => {
    if (!isLoopbackHost(headers.host)) return 'This server is for this machine alone: call it 127.0.0.1.';
    if (headers.origin !== undefined || isOfAnotherOrigin(headers)) return 'No web page may use this server.';
    const [, given = ''] =
      /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\//.exec(headers.authorization ?? '') ?? [];
    const named = Buffer.from(given);
    if (named.length === expected.length && timingSafeEqual(named, expected)) return undefined;
    return 'The access key is drawn at each start: sign with accessKeyId of endpoints.json in the data folder (docs/local.md).';
  };
}

/**
 * For the port of both APIs, which asks for tokens itself.
 *
 * @param host that it listens on, as HOST says
 * @param allowsOrigin whether the CORS configuration of the API lets pages of this origin in
 */
export function checkOfClients(host: string, allowsOrigin: (origin: string) => boolean): Check {
  const isOurs = hostsOf(host);
  return (headers, method) => {
    if (!isOurs(headers.host ?? '')) {
      return 'Parley does not go by this name: open it at http://localhost, or set HOST (docs/local.md).';
    }
    if (!isOfAnotherOrigin(headers) || isNavigation(headers, method)) return undefined;
    if (headers.origin !== undefined && allowsOrigin(headers.origin)) return undefined;
    return 'Pages of this origin may not use Parley: add it to corsOrigins of the stage local (docs/local.md).';
  };
}

/** An address cannot be rebound: whoever listens on all of them is reached by any. */
function hostsOf(listening: string): (host: string) => boolean {
  const name = (host: string) => host.toLowerCase().replace(/:\d+$/, '');
  const everywhere = listening === '0.0.0.0' || listening === '::';
  const own = [listening, `[${listening}]`, ...(everywhere ? [hostname()] : [])].map((own) =>
    own.toLowerCase(),
  );
  return (host) =>
    isLoopbackHost(host) ||
    own.includes(name(host)) ||
    (everywhere && isIP(name(host).replace(/^\[(.*)\]$/, '$1')) !== 0);
}

/** Puts the check before what the server does already. Nothing of a refused request is read. */
export function guard(server: Server, accessKeyId: string): void {
  const check = checkOfStores(accessKeyId);
  const listeners = server.listeners('request');
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const reason = check(request.headers);
    if (reason === undefined) {
      for (const listener of listeners) listener.call(server, request, response);
      return;
    }
    const { status, headers, body } = refusal(403, reason, request.headers.authorization);
    response.writeHead(status, headers).end(body);
    request.resume();
  });
}

export type Refusal = { status: number; headers: Record<string, string>; body: string };

/** As AWS says it, so that its clients throw an error with the reason: S3 in XML, everything else in JSON. */
export function refusal(status: 400 | 403, reason: string, authorization = ''): Refusal {
  const isS3 = /\/s3\/aws4_request\b/.test(authorization);
  const name = status === 400 ? 'BadRequest' : 'AccessDenied';
  const code = isS3 ? name : `${name}Exception`;
  const body = isS3
    ? `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${reason}</Message></Error>`
    : JSON.stringify({ __type: code, message: reason });
  const headers = {
    'content-type': isS3 ? 'application/xml' : 'application/x-amz-json-1.1',
    'content-length': String(Buffer.byteLength(body)),
    'x-amzn-errortype': code,
    connection: 'close',
  };
  return { status, headers, body };
}
