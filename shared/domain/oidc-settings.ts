import * as v from 'valibot';

/** Without encryption only on this machine, where nobody can stand between. */
const issuerPattern = /^(https:\/\/[^\s?#/]+|http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?)(\/[^\s?#]*)?$/;

/** The OIDC issuer whose tokens stand for users. */
export const OidcSettings = v.strictObject({
  issuer: v.pipe(
    v.string('an address, such as "https://id.example.com"'),
    v.regex(
      issuerPattern,
      'an address with https, without query or fragment, such as "https://id.example.com"',
    ),
  ),
  /** What its tokens must name as their audience. */
  audience: v.pipe(
    v.string('the audience of tokens for this deployment'),
    v.minLength(1, 'the audience of tokens for this deployment'),
    v.maxLength(256, 'the audience of tokens for this deployment'),
  ),
  /**
   * Which tokens of the issuer for that audience are good. `at+jwt`: access tokens that say so in their header, as RFC 9068
   * asks for. `access`: also those that do not say what they are, as many issuers' do not, but neither ID tokens, by the claims
   * that only those have, nor anything that says it is something else. `access-and-id`: ID tokens too, where an issuer's access
   * tokens are opaque or name no audience.
   */
  tokens: v.optional(
    v.picklist(['at+jwt', 'access', 'access-and-id'], '"at+jwt", "access" or "access-and-id"'),
    'access',
  ),
});
export type OidcSettings = v.InferOutput<typeof OidcSettings>;
