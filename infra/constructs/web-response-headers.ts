/** The headers of shared/web/security-headers.ts in CloudFront's words, and HTTPS for a year. */
import { Duration } from 'aws-cdk-lib';
import { HeadersFrameOption, HeadersReferrerPolicy, ResponseHeadersPolicy } from 'aws-cdk-lib/aws-cloudfront';
import type { Construct } from 'constructs';
import { securityHeaders } from '../../shared/web/security-headers.ts';
import type { StageSettings } from '../config.ts';

/** CloudFront has settings of their own for these, and refuses them as custom headers. */
const withOwnSetting = [
  'content-security-policy',
  'referrer-policy',
  'x-content-type-options',
  'x-frame-options',
] as const;

export function webResponseHeaders(scope: Construct, settings: StageSettings): ResponseHeadersPolicy {
  const override = true;
  const others = Object.entries(securityHeaders).filter(
    ([name]) => !withOwnSetting.some((own) => own === name),
  );
  return new ResponseHeadersPolicy(scope, 'Headers', {
    comment: `Parley (${settings.stage}): security headers of the web client`,
    securityHeadersBehavior: {
      contentSecurityPolicy: { contentSecurityPolicy: securityHeaders['content-security-policy'], override },
      contentTypeOptions: { override },
      frameOptions: { frameOption: HeadersFrameOption.DENY, override },
      referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override },
      strictTransportSecurity: { accessControlMaxAge: Duration.days(365), includeSubdomains: true, override },
    },
    customHeadersBehavior: {
      customHeaders: others.map(([header, value]) => ({ header, value, override })),
    },
  });
}
