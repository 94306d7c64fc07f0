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
});
