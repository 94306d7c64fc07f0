/** The HTTP API: every route of infra/routes.ts, and one answer for all others. */
import { Duration, Fn, Validations } from 'aws-cdk-lib';
import { CorsHttpMethod, HttpApi, HttpRoute, HttpRouteKey, HttpStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { StageSettings } from '../config.ts';
import type { FunctionName } from '../functions.ts';
import { httpFallback, httpRoutes } from '../routes.ts';
import { accessLog, httpLogFields } from './access-log.ts';
import { oncePerFunction } from './once-per-function.ts';

/** Also the first part of every path, so that paths are the same here and behind CloudFront. */
const stageName = 'v1';

export class ParleyHttpApi extends Construct {
  readonly url: string;
  readonly stage: HttpStage;
  /** Where CloudFront finds it. */
  readonly domainName: string;

  constructor(
    scope: Construct,
    id: string,
    settings: StageSettings,
    handlers: (name: FunctionName) => IFunction,
  ) {
    super(scope, id);
    const api = new HttpApi(this, 'Api', {
      apiName: `Parley HTTP (${settings.stage})`,
      createDefaultStage: false,
      ...(settings.corsOrigins.length > 0 && {
        corsPreflight: {
          allowOrigins: settings.corsOrigins,
          allowMethods: [
            CorsHttpMethod.GET,
            CorsHttpMethod.POST,
            CorsHttpMethod.PUT,
            CorsHttpMethod.PATCH,
            CorsHttpMethod.DELETE,
          ],
          allowHeaders: ['authorization', 'content-type'],
          exposeHeaders: ['retry-after'],
          maxAge: Duration.hours(1),
        },
      }),
    });
    this.stage = new HttpStage(this, 'Stage', {
      httpApi: api,
      stageName,
      autoDeploy: true,
      throttle: { rateLimit: settings.throttle.ratePerSecond, burstLimit: settings.throttle.burst },
      accessLogSettings: accessLog(this, settings, httpLogFields),
    });
    this.url = this.stage.url;
    this.domainName = Fn.select(2, Fn.split('/', api.apiEndpoint));

    const integrationOf = oncePerFunction((name) => new HttpLambdaIntegration(name, handlers(name)));
    for (const { methods, path, handler } of httpRoutes) {
      api.addRoutes({ path, methods, integration: integrationOf(handler) });
    }
    new HttpRoute(this, 'Fallback', {
      httpApi: api,
      routeKey: HttpRouteKey.DEFAULT,
      integration: integrationOf(httpFallback),
    });
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-APIG4',
      reason:
        'The functions check the token themselves: an authorizer could not answer 401 as problem+json, and its cache ' +
        'would let an old token live on after a change of password.',
    });
  }
}
