/** The WebSocket API: the socket first, its routes once the functions exist (they need its address). */
import { Fn, Stack, Validations } from 'aws-cdk-lib';
import { WebSocketApi, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketLambdaAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { ManagementApi } from '../access.ts';
import type { StageSettings } from '../config.ts';
import type { FunctionName } from '../functions.ts';
import { webSocketAuthorizer, webSocketRoutes } from '../routes.ts';
import { accessLog, webSocketLogFields } from './access-log.ts';
import { ApiGatewayLogRole } from './api-gateway-log-role.ts';
import { oncePerFunction } from './once-per-function.ts';

const stageName = 'v1';

export class ParleyWebSocketApi extends Construct {
  readonly url: string;
  readonly stage: WebSocketStage;
  /** Where CloudFront finds it. */
  readonly domainName: string;
  readonly managementApi: ManagementApi;
  private readonly api: WebSocketApi;

  constructor(scope: Construct, id: string, settings: StageSettings) {
    super(scope, id);
    this.api = new WebSocketApi(this, 'Api', {
      apiName: `Parley WebSocket (${settings.stage})`,
      routeSelectionExpression: '$request.body.action',
    });
    const stage = new WebSocketStage(this, 'Stage', {
      webSocketApi: this.api,
      stageName,
      autoDeploy: true,
      throttle: { rateLimit: settings.throttle.ratePerSecond, burstLimit: settings.throttle.burst },
      accessLogSettings: accessLog(this, settings, webSocketLogFields),
    });
    if (settings.logs.createApiGatewayRole) stage.node.addDependency(new ApiGatewayLogRole(this, 'LogRole'));
    this.stage = stage;
    this.url = stage.url;
    this.domainName = Fn.select(2, Fn.split('/', this.api.apiEndpoint));

    // Made of the API's id, not of the stage: what the functions need must not depend on the routes that need them.
    const { region, urlSuffix } = Stack.of(this);
    this.managementApi = {
      endpoint:
        settings.emulated === false
          ? `https://${this.api.apiId}.execute-api.${region}.${urlSuffix}/${stageName}`
          : `${settings.emulated.endpoint}/_aws/execute-api/${this.api.apiId}/${stageName}`,
      stageArn: Stack.of(this).formatArn({
        service: 'execute-api',
        resource: this.api.apiId,
        resourceName: stageName,
      }),
    };
  }

  addRoutes(handlers: (name: FunctionName) => IFunction): void {
    // An empty identity source lets the authorizer see every handshake. With CDK's default, a required `Authorization`
    // header, API Gateway itself would answer 401 to browsers, which can send the token as a subprotocol only.
    const authorizer = new WebSocketLambdaAuthorizer('Authorizer', handlers(webSocketAuthorizer), {
      identitySource: [],
    });
    const integrationOf = oncePerFunction((name) => new WebSocketLambdaIntegration(name, handlers(name)));
    for (const { routeKey, handler, replies } of webSocketRoutes) {
      this.api.addRoute(routeKey, {
        integration: integrationOf(handler),
        returnResponse: replies,
        ...(routeKey === '$connect' && { authorizer }),
      });
    }
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-APIG4',
      reason:
        '$connect has an authorizer; API Gateway accepts none on other routes and keeps its answer for the socket.',
    });
  }
}
