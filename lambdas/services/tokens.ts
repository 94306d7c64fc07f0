import { errors, jwtVerify, SignJWT } from 'jose';
import * as v from 'valibot';
import { tokenLifetimeMs } from '../../shared/domain/secret-keys.ts';
import { ParleyError } from '../../shared/protocol/errors.ts';
import type { SecretStore } from '../stores/secret-store.ts';

const issuer = 'parley';
const algorithm = 'HS256';

/** Who a token speaks for. */
export type TokenSubject = { userId: string; authEpoch: number };

const Claims = v.object({ sub: v.string(), epoch: v.number() });

/** Bearer tokens: JWTs signed with the deployment's own secret; while it is rotated, the previous key verifies too. */
export class Tokens {
  readonly #secret: SecretStore;
  readonly #clock: () => number;

  constructor(secret: SecretStore, clock: () => number = Date.now) {
    this.#secret = secret;
    this.#clock = clock;
  }

  async issue({ userId, authEpoch }: TokenSubject): Promise<{ token: string; expiresAt: string }> {
    const { current } = await this.#secret.keys();
    const issuedAt = Math.floor(this.#clock() / 1000);
    const expiresAt = issuedAt + tokenLifetimeMs / 1000;
    const token = await new SignJWT({ epoch: authEpoch })
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
    const { current, previous } = await this.#secret.keys();
    for (const key of previous === undefined ? [current] : [current, previous]) {
      try {
        const { payload } = await jwtVerify(token, encode(key), {
          algorithms: [algorithm],
          issuer,
          currentDate: new Date(this.#clock()),
        });
        const { sub, epoch } = v.parse(Claims, payload);
        return { userId: sub, authEpoch: epoch };
      } catch (error) {
        if (error instanceof errors.JWSSignatureVerificationFailed) continue;
        if (error instanceof errors.JOSEError || error instanceof v.ValiError) break;
        throw error;
      }
    }
    throw notSignedIn();
  }
}

export function notSignedIn(): ParleyError {
  return new ParleyError(
    'UNAUTHENTICATED',
    'The token is missing, not valid, or no longer good: sign in again.',
  );
}

function encode(key: string): Uint8Array {
  return new TextEncoder().encode(key);
}
