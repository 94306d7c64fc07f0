/** The settings `web.firewall`; that they are held to their schema is in infra/read-settings.test.ts. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, expect, test } from 'vitest';
import type { StageDefinition } from '../../infra/config.ts';
import { parleyApp } from '../../infra/parley-app.ts';
import { readSettings } from '../../infra/read-settings.ts';

const scratch = mkdtempSync(join(tmpdir(), 'parley-firewall-'));
afterAll(() => rmSync(scratch, { recursive: true }));

function appWith(definition: StageDefinition) {
  return parleyApp(
    { outdir: mkdtempSync(join(scratch, 'out-')) },
    { settings: readSettings('mine', definition) },
  );
}

function webOf(app: ReturnType<typeof appWith>): Template {
  const stack = app.node.findChild('ParleyWeb');
  if (!Stack.isStack(stack)) throw new Error('ParleyWeb is no stack');
  return Template.fromStack(stack);
}

function webAclOf(template: Template): unknown {
  const [distribution] = Object.values(template.findResources('AWS::CloudFront::Distribution'));
  return distribution?.['Properties'].DistributionConfig.WebACLId;
}

test('in us-east-1 a stage may have a web ACL made: so many requests of an address, then 429', () => {
  const app = appWith({ region: 'us-east-1', web: { firewall: { requestsPerFiveMinutes: 3_000 } } });
  const template = webOf(app);
  const [[logicalId, acl] = []] = Object.entries(template.findResources('AWS::WAFv2::WebACL'));
  expect(acl?.['Properties']).toMatchObject({
    Scope: 'CLOUDFRONT',
    DefaultAction: { Allow: {} },
    Rules: [
      {
        Statement: { RateBasedStatement: { Limit: 3_000, EvaluationWindowSec: 300, AggregateKeyType: 'IP' } },
        Action: {
          Block: {
            CustomResponse: { ResponseCode: 429, ResponseHeaders: [{ Name: 'retry-after', Value: '60' }] },
          },
        },
      },
    ],
  });
  expect(webAclOf(template)).toEqual({ 'Fn::GetAtt': [logicalId, 'Arn'] });
  const { violations } = new AwsSolutionsChecks(app).validateScope(app);
  // Rules about distributions; AwsSolutions-CFR2 asks for a firewall.
  expect(violations.filter(({ ruleName }) => ruleName.includes('CFR'))).toEqual([]);
});

test('in any other region it names one that is there', () => {
  const webAclArn =
    'arn:aws:wafv2:us-east-1:123456789012:global/webacl/chat/0123abcd-01ab-4567-89ab-0123456789ab';
  const template = webOf(appWith({ region: 'eu-west-1', web: { firewall: { webAclArn } } }));
  expect(webAclOf(template)).toBe(webAclArn);
  template.resourceCountIs('AWS::WAFv2::WebACL', 0);
});

test('without the setting there is none', () => {
  const template = webOf(appWith({}));
  expect(webAclOf(template)).toBeUndefined();
  template.resourceCountIs('AWS::WAFv2::WebACL', 0);
});
