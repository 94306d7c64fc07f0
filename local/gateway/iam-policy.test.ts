import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { globMatches, policyAllows } from './iam-policy.ts';

const arn = 'arn:aws:execute-api:eu-west-1:123456789012:api/v1/$connect';
const statement = (Effect: string, Resource: unknown, Action: unknown = 'execute-api:Invoke') => ({
  Effect,
  Action,
  Resource,
});
const allows = (...Statement: unknown[]) => policyAllows({ Version: '2012-10-17', Statement }, arn);

describe('a policy', () => {
  test('allows what one statement allows', () => {
    expect(allows(statement('Allow', arn))).toBe(true);
    expect(allows(statement('Allow', ['other', arn], ['other:Action', 'execute-api:*']))).toBe(true);
    expect(allows(statement('Allow', '*', '*'))).toBe(true);
    expect(allows(statement('Allow', 'arn:aws:execute-api:*:*:api/*/$connect', 'EXECUTE-API:invoke'))).toBe(
      true,
    );
    expect(policyAllows({ Statement: statement('Allow', arn) }, arn)).toBe(true);
  });

  test('denies what no statement allows or one denies', () => {
    expect(allows()).toBe(false);
    expect(allows(statement('Allow', arn.replace('v1', 'v2')))).toBe(false);
    expect(allows(statement('Allow', arn, 'execute-api:ManageConnections'))).toBe(false);
    expect(allows(statement('Allow', '*'), statement('Deny', arn))).toBe(false);
    expect(allows(statement('Deny', '*'), statement('Allow', arn))).toBe(false);
  });

  test('is not valid without statements of the right form', () => {
    expect(policyAllows('Allow', arn)).toBeUndefined();
    expect(policyAllows({}, arn)).toBeUndefined();
    expect(allows(statement('allow', arn))).toBeUndefined();
    expect(allows({ Effect: 'Allow', Action: 'execute-api:Invoke' })).toBeUndefined();
    expect(allows({ ...statement('Allow', arn), Condition: { IpAddress: {} } })).toBeUndefined();
  });
});

describe('wildcards', () => {
  test('match any run of characters, or any one', () => {
    expect(globMatches('a*c', 'abbc')).toBe(true);
    expect(globMatches('a?c', 'abc')).toBe(true);
    expect(globMatches('a?c', 'ac')).toBe(false);
    expect(globMatches('a.c', 'abc')).toBe(false);
  });

  test('leave every other character as it is', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!/[*?]/.test(text));
        expect(globMatches(text, text)).toBe(true);
        expect(globMatches(text, `${text}x`)).toBe(false);
        expect(globMatches(`*${text}*`, `before${text}after`)).toBe(true);
      }),
    );
  });
});
