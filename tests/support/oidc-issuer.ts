/** An OIDC issuer of a test's own: discovery and keys over HTTP, tokens as asked for. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

type Changes = Record<string, unknown>;
type Key = { kid: string; privateKey: CryptoKey; publicKey: CryptoKey };

export class OidcIssuer {
  readonly url: string;
  readonly audience = 'parley-tests';
  /** How often each document was asked for. */
  readonly requests = { discovery: 0, keys: 0 };
  /** Asked for all the same, these are never answered. */
  silent = false;
  /** In place of what it is. */
  callsItself: string | undefined;
  readonly #port: number;
  #server: Server | undefined;
  #keys: Key[];

  static async start(): Promise<OidcIssuer> {
    const reserved = createServer().listen(0, '127.0.0.1');
    await once(reserved, 'listening');
    const { port } = reserved.address() as AddressInfo; // It listens on TCP.
    reserved.close();
    await once(reserved, 'close');
    const issuer = new OidcIssuer(port, [await newKey('first')]);
    await issuer.goUp();
    return issuer;
  }

  private constructor(port: number, keys: Key[]) {
    this.#port = port;
    this.#keys = keys;
    this.url = `http://127.0.0.1:${port}`;
  }

  async goUp(): Promise<void> {
    this.#server = createServer((request, response) => {
      if (request.url === '/.well-known/openid-configuration') this.requests.discovery += 1;
      if (request.url === '/keys') this.requests.keys += 1;
      if (this.silent) return;
      void this.#documentAt(request.url).then((document) => {
        response.writeHead(document === undefined ? 404 : 200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(document ?? {}));
      });
    }).listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async goDown(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }

  /** From now on it signs with another key. */
  async rotate(kid: string): Promise<void> {
    this.#keys = [await newKey(kid)];
  }

  /** A good token, but for what is said otherwise; a claim that is `undefined` is left out. */
  async token(sub: string, claims: Changes = {}, typ?: string): Promise<string> {
    const { kid, privateKey } = this.#key();
    const header = { alg: 'RS256', kid, ...(typ !== undefined && { typ }) };
    return new SignJWT(this.claims(sub, claims)).setProtectedHeader(header).sign(privateKey);
  }

  claims(sub: string, claims: Changes = {}): JWTPayload {
    const now = Math.floor(Date.now() / 1000);
    const all = { iss: this.url, aud: this.audience, sub, iat: now, exp: now + 300, ...claims };
    return JSON.parse(JSON.stringify(all)); // Without what is undefined.
  }

  get kid(): string {
    return this.#key().kid;
  }

  publicKeyAsText(): Promise<string> {
    return exportSPKI(this.#key().publicKey);
  }

  async #documentAt(path: string | undefined): Promise<object | undefined> {
    if (path === '/.well-known/openid-configuration') {
      return { issuer: this.callsItself ?? this.url, jwks_uri: `${this.url}/keys` };
    }
    if (path !== '/keys') return undefined;
    const keys = this.#keys.map(async ({ kid, publicKey }) => ({
      ...(await exportJWK(publicKey)),
      kid,
      alg: 'RS256',
      use: 'sig',
    }));
    return { keys: await Promise.all(keys) };
  }

  #key(): Key {
    const [key] = this.#keys;
    if (key === undefined) throw new Error('It always has a key');
    return key;
  }
}

async function newKey(kid: string): Promise<Key> {
  const pair = await generateKeyPair('RS256', { extractable: true });
  return { kid, ...pair };
}
