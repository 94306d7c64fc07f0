import { errors, jwtVerify } from 'jose';
import * as v from 'valibot';
import type { IssuerKeys } from '../stores/issuer-keys.ts';
import { notSignedIn } from './tokens.ts';

/** Signatures with a public key only: with a shared secret, the public key could be taken for one. */
const algorithms = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];
/** Between the issuer's clock and ours. */
const clockToleranceSeconds = 5;

/** Names are only offered: an issuer may write anything there, so what is no text counts as absent. */
const text = v.fallback(v.optional(v.string()), undefined);
const Claims = v.object({
  /** At most 255 ASCII characters (openid.net/specs/openid-connect-core-1_0.html, section 2). */
  sub: v.pipe(v.string(), v.minLength(1), v.maxLength(255)),
  iat: v.number(),
  preferred_username: text,
  email: text,
  name: text,
});
export type IssuedClaims = v.InferOutput<typeof Claims>;

/** Bearer tokens of an OIDC issuer that are meant for this deployment. */
export class IssuerTokens {
  readonly issuer: string;
  readonly #audience: string;
  readonly #keys: IssuerKeys;

  constructor({ issuer, audience }: { issuer: string; audience: string }, keys: IssuerKeys) {
    this.issuer = issuer;
    this.#audience = audience;
    this.#keys = keys;
  }

  /** Throws `UNAUTHENTICATED` for any other token, and `UNAVAILABLE` where the issuer's keys cannot be had. */
  async verify(token: string): Promise<IssuedClaims> {
    try {
      const { payload } = await jwtVerify(token, (header, signed) => this.#keys.find(header, signed), {
        algorithms,
        issuer: this.issuer,
        audience: this.#audience,
        requiredClaims: ['sub', 'iat', 'exp'],
        clockTolerance: clockToleranceSeconds,
      });
      return v.parse(Claims, payload);
    } catch (error) {
      if (error instanceof errors.JOSEError || error instanceof v.ValiError) throw notSignedIn();
      throw error;
    }
  }
}
