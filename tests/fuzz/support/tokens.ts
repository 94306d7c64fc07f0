import fc from 'fast-check';
import { texts, values } from './hostile.ts';

/** Placeholder for the caller's valid token, which is issued when the test runs. */
export const theToken = 'THE-GOOD-TOKEN';

/** The same of a stranger. */
export const strangersToken = 'A-TOKEN-OF-A-STRANGER';

const part = (value: unknown) => Buffer.from(JSON.stringify(value) ?? '').toString('base64url');

const headers = fc.oneof(
  fc.constantFrom(
    { alg: 'none' },
    { alg: 'HS256' },
    { alg: 'HS512' },
    { alg: 'RS256', kid: '../../dev/null' },
    { alg: 'HS256', crit: ['b64'], b64: false },
    { alg: 'HS256', jwk: { kty: 'oct', k: 'AA' } },
  ),
  values,
);
const claims = fc.oneof(
  fc.record({
    iss: fc.constant('parley'),
    sub: fc.oneof(fc.constant('usr_9fLbR6uV1eKc0oXtNaMS2w'), values),
    epoch: fc.oneof(fc.constant(1), values),
    iat: fc.oneof(fc.constant(1_795_000_000), values),
    exp: fc.oneof(fc.constant(4_000_000_000), values),
  }),
  values,
);

/** Tokens that Parley did not issue. */
export const forgedTokens: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(headers, claims, texts)
      .map(([header, payload, signature]) =>
        [part(header), part(payload), Buffer.from(signature).toString('base64url')].join('.'),
      ),
  },
  { weight: 1, arbitrary: texts.map((text) => `${text}${theToken}x`) },
  { weight: 1, arbitrary: texts },
);
