import { errors, type JWTPayload, type JWTVerifyResult, jwtVerify } from 'jose';
import * as v from 'valibot';
import type { OidcSettings } from '../../shared/domain/oidc-settings.ts';
import { notSignedIn } from '../../shared/protocol/errors.ts';
import type { IssuerKeys } from '../stores/issuer-keys.ts';

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
  email_verified: v.fallback(v.optional(v.boolean()), undefined),
  name: text,
});
export type IssuedClaims = v.InferOutput<typeof Claims>;

/** Bearer tokens of an OIDC issuer that are meant for this deployment. */
export class IssuerTokens {
  readonly issuer: string;
  readonly #audience: string;
  readonly #accepted: OidcSettings['tokens'];
  readonly #keys: IssuerKeys;

  constructor({ issuer, audience, tokens }: OidcSettings, keys: IssuerKeys) {
    this.issuer = issuer;
    this.#audience = audience;
    this.#accepted = tokens;
    this.#keys = keys;
  }

  /** Throws `UNAUTHENTICATED` for any other token, and `UNAVAILABLE` where the issuer's keys cannot be had. */
  async verify(token: string): Promise<IssuedClaims> {
    try {
      const verified = await jwtVerify(token, (header, signed) => this.#keys.find(header, signed), {
        algorithms,
        issuer: this.issuer,
        audience: this.#audience,
        requiredClaims: ['sub', 'iat', 'exp'],
        clockTolerance: clockToleranceSeconds,
      });
      if (!this.#isAccepted(verified)) throw notSignedIn();
      return v.parse(Claims, verified.payload);
    } catch (error) {
      if (error instanceof errors.JOSEError || error instanceof v.ValiError) throw notSignedIn();
      throw error;
    }
  }

  /**
   * An issuer signs other things for the same audience with the same key. Each says what it is, in its header or by claims
   * that nothing else has.
   */
  #isAccepted({ protectedHeader, payload }: JWTVerifyResult): boolean {
    const type = protectedHeader.typ?.toLowerCase().replace(/^application\//, '');
    if (type === 'at+jwt') return true;
    if (this.#accepted === 'at+jwt' || (type !== undefined && type !== 'jwt')) return false;
    if (hasOneOf(payload, claimsOfEvents)) return false;
    return this.#accepted === 'access-and-id' || !hasOneOf(payload, claimsOfIdTokens);
  }
}

/** openid.net/specs/openid-connect-core-1_0.html, sections 2 and 3.3.2.11. */
const claimsOfIdTokens = ['nonce', 'at_hash', 'c_hash'];
/** Logout tokens and their like: openid.net/specs/openid-connect-backchannel-1_0.html, section 2.4, and RFC 8417. */
const claimsOfEvents = ['events'];

function hasOneOf(payload: JWTPayload, claims: string[]): boolean {
  return claims.some((claim) => payload[claim] !== undefined);
}
