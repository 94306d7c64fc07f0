import { errors, jwtVerify, SignJWT } from 'jose';
import * as v from 'valibot';
import { acceptedKeys, tokenLifetimeMs } from '../../shared/domain/secret-keys.ts';
import { notSignedIn } from '../../shared/protocol/errors.ts';
import type { SecretStore } from '../stores/secret-store.ts';

const issuer = 'parley';
const algorithm = 'HS256';

/** Who a token speaks for, and of which of their sessions it is. */
export type TokenSubject = { userId: string; authEpoch: number; sessionId: string };
/** A token, and when it expires. */
export type IssuedToken = { token: string; expiresAt: string };

const lifetimeSeconds = tokenLifetimeMs / 1000;
/** A function whose clock is behind by this much still accepts what the others issue. */
const clockSkewSeconds = 15 * 60;

const Claims = v.object({
  sub: v.string(),
  epoch: v.number(),
  sid: v.string(),
  iat: v.number(),
  exp: v.number(),
});

/** Bearer tokens: JWTs signed with the deployment's own secret; once it is rotated, the key before verifies while its tokens live. */
export class Tokens {
  readonly #secret: SecretStore;
  readonly #clock: () => number;

  constructor(secret: SecretStore, clock: () => number = Date.now) {
    this.#secret = secret;
    this.#clock = clock;
  }

  /** @param until when it expires, in ms since 1970; at the latest {@link tokenLifetimeMs} from now */
  async issue(
    { userId, authEpoch, sessionId }: TokenSubject,
    until = Number.POSITIVE_INFINITY,
  ): Promise<IssuedToken> {
    const { current } = await this.#secret.keys();
    const issuedAt = Math.floor(this.#clock() / 1000);
    const expiresAt = Math.min(Math.floor(until / 1000), issuedAt + lifetimeSeconds);
    const token = await new SignJWT({ epoch: authEpoch, sid: sessionId })
      .setProtectedHeader({ alg: algorithm })
      .setSubject(userId)
      .setIssuer(issuer)
      .setIssuedAt(issuedAt)
      .setExpirationTime(expiresAt)
      .sign(encode(current));
    return { token, expiresAt: new Date(expiresAt * 1000).toISOString() };
  }

  /** Throws `UNAUTHENTICATED` for any token that is not ours, not whole, or no longer good. */
  async verify(token: string): Promise<TokenSubject> {
    const now = this.#clock();
    for (const key of acceptedKeys(await this.#secret.keys(), now)) {
      try {
        const { payload } = await jwtVerify(token, encode(key), {
          algorithms: [algorithm],
          issuer,
          currentDate: new Date(now),
        });
        const { sub, epoch, sid, iat, exp } = v.parse(Claims, payload);
        // Ours live no longer than this: one that does was made by somebody else who has the key.
        if (exp - iat > lifetimeSeconds || iat > now / 1000 + clockSkewSeconds) break;
        return { userId: sub, authEpoch: epoch, sessionId: sid };
      } catch (error) {
        if (error instanceof errors.JWSSignatureVerificationFailed) continue;
        if (error instanceof errors.JOSEError || error instanceof v.ValiError) break;
        throw error;
      }
    }
    throw notSignedIn();
  }
}

function encode(key: string): Uint8Array {
  return new TextEncoder().encode(key);
}
