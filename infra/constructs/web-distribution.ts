/** One origin for the browser: the web client's files, the HTTP API and the WebSocket API. */
import { Duration, Validations } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  Function as EdgeFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  HttpVersion,
  type IOrigin,
  OriginProtocolPolicy,
  OriginRequestPolicy,
  OriginSslPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin, S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { StageSettings } from '../config.ts';
import { webFirewall } from './web-firewall.ts';
import { webResponseHeaders } from './web-response-headers.ts';

export type ApiDomains = { http: string; webSocket: string };

export class WebDistribution extends Construct {
  readonly url: string;

  constructor(
    scope: Construct,
    id: string,
    files: IBucket,
    apis: ApiDomains,
    edgeSecret: Secret,
    settings: StageSettings,
  ) {
    super(scope, id);
    const { domain } = settings.web === false ? { domain: undefined } : settings.web;
    const webAclId = webFirewall(this, settings);
    const distribution = new Distribution(this, 'Distribution', {
      comment: `Parley (${settings.stage}): web client and APIs`,
      defaultRootObject: 'index.html',
      httpVersion: HttpVersion.HTTP2_AND_3,
      ...(domain && {
        domainNames: [domain.name],
        certificate: Certificate.fromCertificateArn(this, 'Certificate', domain.certificateArn),
        minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
      }),
      ...(webAclId !== undefined && { webAclId }),
      defaultBehavior: {
        origin: S3BucketOrigin.withOriginAccessControl(files),
        viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        allowedMethods: AllowedMethods.ALLOW_GET_HEAD,
        cachePolicy: CachePolicy.CACHING_OPTIMIZED,
        compress: true,
        responseHeadersPolicy: webResponseHeaders(this, settings),
      },
      additionalBehaviors: {
        '/v1/*': {
          // CloudFormation puts the secret's value in; it is in no template.
          ...api(
            this.origin(apis.http, {
              'x-parley-edge': edgeSecret.secretValueFromJson('current').unsafeUnwrap(),
            }),
          ),
          functionAssociations: [
            { eventType: FunctionEventType.VIEWER_REQUEST, function: this.viewerAddressFunction() },
          ],
        },
        '/connect': {
          ...api(this.origin(apis.webSocket)),
          functionAssociations: [
            { eventType: FunctionEventType.VIEWER_REQUEST, function: this.stagePathFunction() },
          ],
        },
      },
    });
    this.url = `https://${domain?.name ?? distribution.distributionDomainName}`;
    this.acknowledge(distribution, { hasDomain: domain !== undefined, hasFirewall: webAclId !== undefined });
  }

  private origin(domainName: string, customHeaders: Record<string, string> = {}): IOrigin {
    return new HttpOrigin(domainName, {
      customHeaders,
      protocolPolicy: OriginProtocolPolicy.HTTPS_ONLY,
      originSslProtocols: [OriginSslPolicy.TLS_V1_2],
      // As long as API Gateway itself lets a request take.
      readTimeout: Duration.seconds(30),
    });
  }

  /**
   * A WebSocket API answers at the path of its stage only. Its answer to a handshake at another one is 403.
   * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-set-up-websocket-deployment.html
   */
  private stagePathFunction(): EdgeFunction {
    return new EdgeFunction(this, 'StagePath', {
      comment: 'Leads /connect to the stage of the WebSocket API',
      runtime: FunctionRuntime.JS_2_0,
      code: FunctionCode.fromInline(stagePathCode),
    });
  }

  /** To API Gateway, all requests come from CloudFront: this says whose they are, over whatever the viewer wrote there. */
  private viewerAddressFunction(): EdgeFunction {
    return new EdgeFunction(this, 'ViewerAddress', {
      comment: 'Tells the HTTP API the address of the viewer',
      runtime: FunctionRuntime.JS_2_0,
      code: FunctionCode.fromInline(viewerAddressCode),
    });
  }

  private acknowledge(
    distribution: Distribution,
    { hasDomain, hasFirewall }: { hasDomain: boolean; hasFirewall: boolean },
  ): void {
    const reasons = {
      'AwsSolutions-CFR1': 'Who may use Parley is decided by accounts, not by countries.',
      ...(!hasFirewall && {
        'AwsSolutions-CFR2':
          'The APIs limit requests themselves, per user, route and stage; a firewall costs by the month, and is a setting.',
      }),
      'AwsSolutions-CFR3':
        'Both APIs write access logs of their own; what is left is who loaded the public files of the web client.',
      // With CloudFront's own certificate the viewer's oldest protocol cannot be chosen.
      ...(!hasDomain && {
        'AwsSolutions-CFR4':
          'Without a domain of its own the distribution has the certificate of cloudfront.net, which fixes the protocols.',
      }),
    };
    for (const [id, reason] of Object.entries(reasons))
      Validations.of(distribution).acknowledge({ id, reason });
  }
}

/** For CloudFront's JavaScript runtime 2.0, and run by tests/infra/web.test.ts. */
export const stagePathCode = `function handler(event) {
  var request = event.request;
  request.uri = '/v1';
  return request;
}
`;

/** As above. */
export const viewerAddressCode = `function handler(event) {
  var request = event.request;
  request.headers['x-parley-viewer-address'] = { value: event.viewer.ip };
  return request;
}
`;

/** Nothing of the APIs is kept, and everything of a request reaches them but `Host`, by which API Gateway knows the API. */
function api(origin: IOrigin) {
  return {
    origin,
    // A redirect would come too late: the token has been sent in the clear by then.
    viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
    allowedMethods: AllowedMethods.ALLOW_ALL,
    cachePolicy: CachePolicy.CACHING_DISABLED,
    originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
  };
}
