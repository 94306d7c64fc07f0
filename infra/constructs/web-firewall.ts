/** AWS WAF before the distribution: see `firewall` in infra/config.ts. */
import { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import type { Construct } from 'constructs';
import type { StageSettings } from '../config.ts';

/** How far back a rate-based rule looks (docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based-high-level-settings.html). */
const windowSeconds = 300;
/** Long enough for the window to move on; a client that comes back earlier is refused again. */
const retryAfterSeconds = 60;

/** The ARN of the web ACL that the stage has, or makes. */
export function webFirewall(scope: Construct, { web }: StageSettings): string | undefined {
  if (web === false || web.firewall === false) return undefined;
  if ('webAclArn' in web.firewall) return web.firewall.webAclArn;
  const visibility = (metricName: string) => ({
    cloudWatchMetricsEnabled: true,
    metricName,
    sampledRequestsEnabled: false, // Samples hold headers, and so tokens.
  });
  const acl = new CfnWebACL(scope, 'Firewall', {
    scope: 'CLOUDFRONT',
    defaultAction: { allow: {} },
    visibilityConfig: visibility('ParleyFirewall'),
    rules: [
      {
        name: 'requests-per-address',
        priority: 0,
        statement: {
          rateBasedStatement: {
            limit: web.firewall.requestsPerFiveMinutes,
            evaluationWindowSec: windowSeconds,
            aggregateKeyType: 'IP',
          },
        },
        // As everything else of Parley refuses; without it WAF says 403
        // (docs.aws.amazon.com/waf/latest/developerguide/customizing-the-response-for-blocked-requests.html).
        action: {
          block: {
            customResponse: {
              responseCode: 429,
              responseHeaders: [{ name: 'retry-after', value: String(retryAfterSeconds) }],
            },
          },
        },
        visibilityConfig: visibility('ParleyRequestsPerAddress'),
      },
    ],
  });
  return acl.attrArn;
}
