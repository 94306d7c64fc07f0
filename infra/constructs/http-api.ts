/** The HTTP API: every route of infra/routes.ts, and one answer for all others. */
import { Duration, Fn, Validations } from 'aws-cdk-lib';
import {
  CfnStage,
  CorsHttpMethod,
  HttpApi,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { StageSettings } from '../config.ts';
import type { FunctionName } from '../functions.ts';
import { httpFallback, httpRoutes, type RouteThrottle } from '../routes.ts';
import { accessLog, httpLogFields } from './access-log.ts';
import { oncePerFunction } from './once-per-function.ts';

/** Also the first part of every path, so that paths are the same here and behind CloudFront. */
const stageName = 'v1';

/** Routes with their keys, which the CDK keeps to itself. */
type Throttled = { keys: string[]; routes: HttpRoute[]; throttle: RouteThrottle };

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
    const throttled: Throttled[] = [];
    for (const { methods, path, handler, throttle } of httpRoutes) {
      const routes = api.addRoutes({ path, methods, integration: integrationOf(handler) });
      if (throttle === undefined) continue;
      throttled.push({ keys: methods.map((method) => `${method} ${path}`), routes, throttle });
    }
    const fallback = new HttpRoute(this, 'Fallback', {
      httpApi: api,
      routeKey: HttpRouteKey.DEFAULT,
      integration: integrationOf(httpFallback.handler),
    });
    throttled.push({ keys: ['$default'], routes: [fallback], throttle: httpFallback.throttle });
    this.throttle(throttled, settings);
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-APIG4',
      reason:
        'The functions check the token themselves: an authorizer could not answer 401 as problem+json, and its cache ' +
        'would let an old token live on after a change of password.',
    });
  }

  /** Each of these routes gets a bucket of its own: a flood of one leaves the others what the stage lets in. */
  private throttle(throttled: Throttled[], settings: StageSettings): void {
    const stage = this.stage.node.defaultChild;
    if (!(stage instanceof CfnStage)) throw new Error('The stage of the CDK is no resource');
    stage.routeSettings = Object.fromEntries(
      throttled.flatMap(({ keys, throttle }) => {
        const { ratePerSecond, burst } = settings.throttle[throttle];
        return keys.map((key) => [key, { ThrottlingRateLimit: ratePerSecond, ThrottlingBurstLimit: burst }]);
      }),
    );
    // Where the stage comes first: "Unable to find Route by key … within the provided RouteSettings"
    // (github.com/aws/serverless-application-model/issues/2479).
    for (const { routes } of throttled) stage.node.addDependency(...routes);
  }
}
