import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type FlattenedJWSInput,
  type JWSHeaderParameters,
} from 'jose';
import * as v from 'valibot';
import { type ParleyError, unavailable } from '../../shared/protocol/errors.ts';

/** Both requests of a cold start are over well before API Gateway gives up on the authorizer. */
const requestMs = 2_500;
/** Keys are asked for again after this time: one that the issuer has taken back is no longer good then. */
const keptMs = 10 * 60_000;
/** Unknown key ids make the issuer be asked once in this time, and no more, however many tokens come with them. */
const cooldownMs = 30_000;
/** After a failure the issuer is left alone for this time, so that no request waits for it in vain. */
const retryMs = 2_000;
/** Keys that cannot be asked for again go on being used for this time. */
const outageMs = 60 * 60_000;

const Configuration = v.object({ issuer: v.string(), jwks_uri: v.pipe(v.string(), v.url()) });

type RemoteKeys = ReturnType<typeof createRemoteJWKSet>;

/** The public keys of an OIDC issuer, found by discovery (openid.net/specs/openid-connect-discovery-1_0.html, section 4). */
export class IssuerKeys {
  readonly #issuer: string;
  readonly #onFailure: (error: unknown) => void;
  #keys: RemoteKeys | undefined;
  #discovery: Promise<RemoteKeys> | undefined;
  #lastGoodAt = 0;
  #retryAt = 0;

  /** `onFailure` hears why the issuer could not be asked; a client is only told to try again. */
  constructor(issuer: string, onFailure: (error: unknown) => void) {
    this.#issuer = issuer;
    this.#onFailure = onFailure;
  }

  /** The key that a token names. Throws `UNAVAILABLE` where the issuer does not answer and so nobody can tell. */
  async find(header: JWSHeaderParameters, token: FlattenedJWSInput) {
    if (Date.now() < this.#retryAt) return this.#findKnown(header, token);
    try {
      this.#keys ??= await this.#discover();
      const keys = this.#keys;
      const key = await keys(header, token);
      if (keys.fresh) this.#lastGoodAt = Date.now();
      return key;
    } catch (error) {
      if (isOfTheToken(error)) throw error;
      this.#retryAt = Date.now() + retryMs;
      this.#onFailure(error);
      return this.#findKnown(header, token);
    }
  }

  async #findKnown(header: JWSHeaderParameters, token: FlattenedJWSInput) {
    const known = this.#keys?.jwks();
    if (known === undefined || Date.now() > this.#lastGoodAt + outageMs) throw issuerIsSilent();
    try {
      return await createLocalJWKSet(known)(header, token);
    } catch (error) {
      // It may be signed with a key that we could not ask for.
      throw error instanceof errors.JWKSNoMatchingKey ? issuerIsSilent() : error;
    }
  }

  /** Once, however many ask at the same time. */
  #discover(): Promise<RemoteKeys> {
    this.#discovery ??= discover(this.#issuer).finally(() => {
      this.#discovery = undefined;
    });
    return this.#discovery;
  }
}

async function discover(issuer: string): Promise<RemoteKeys> {
  const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
    redirect: 'error',
    signal: AbortSignal.timeout(requestMs),
  });
  if (response.status !== 200) throw new Error(`${issuer} answered ${response.status} to discovery`);
  const configuration = v.parse(Configuration, await response.json());
  if (configuration.issuer !== issuer) throw new Error(`${issuer} calls itself ${configuration.issuer}`);
  const address = new URL(configuration.jwks_uri);
  // Where the issuer itself is reached without encryption, it is on this machine: see infra/config.ts.
  if (address.protocol !== 'https:' && !issuer.startsWith('http:')) {
    throw new Error(`${issuer} has its keys at ${address.href}, without encryption`);
  }
  return createRemoteJWKSet(address, {
    timeoutDuration: requestMs,
    cacheMaxAge: keptMs,
    cooldownDuration: cooldownMs,
  });
}

/** What is wrong is the token, and not the way to the keys. */
function isOfTheToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}

function issuerIsSilent(): ParleyError {
  return unavailable('The issuer of tokens does not answer: try again.');
}
