import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  App,
  aws_apigatewayv2 as apigateway,
  Duration,
  aws_iam as iam,
  aws_lambda as lambda,
  Stack,
} from 'aws-cdk-lib';
import {
  HttpLambdaAuthorizer,
  HttpLambdaResponseType,
  WebSocketLambdaAuthorizer,
} from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration, WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { afterEach, describe, expect, test } from 'vitest';
import { loadAssembly } from '../template/assembly.ts';
import { type GatewayModels, gatewaysFromAssembly } from './from-assembly.ts';

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** Synthesizes a stack with the CDK and reads its APIs as the runtime does. */
function models(build: (stack: Stack, code: (id: string) => lambda.Function) => void): GatewayModels {
  const outdir = mkdtempSync(join(tmpdir(), 'parley-cdk-'));
  directories.push(outdir);
  const app = new App({ outdir, analyticsReporting: false });
  const stack = new Stack(app, 'Stack');
  build(stack, (id) => {
    const code = lambda.Code.fromInline('exports.handler = async () => 1;');
    return new lambda.Function(stack, id, {
      runtime: lambda.Runtime.NODEJS_22_X,
      handler: 'index.handler',
      code,
    });
  });
  app.synth();
  const assembly = loadAssembly(outdir, {
    region: 'eu-west-1',
    accountId: '123456789012',
    attribute: ({ type, logicalId }, name) =>
      type === 'AWS::Lambda::Function' && name === 'Arn'
        ? `arn:aws:lambda:eu-west-1:123456789012:function:${logicalId}`
        : logicalId,
  });
  return gatewaysFromAssembly(assembly);
}

const startingWith = (name: string) => expect.stringMatching(new RegExp(`^${name}[0-9A-F]{8}$`));

describe('a WebSocket API of the CDK', () => {
  test('has its routes, authorizer, responses and permissions', () => {
    const { webSocketApis, httpApis } = models((stack, code) => {
      const integration = (name: string) => new WebSocketLambdaIntegration(`${name}Integration`, code(name));
      const authorizer = new WebSocketLambdaAuthorizer('Authorizer', code('Authorize'), {
        identitySource: ['route.request.header.Authorization'],
      });
      const api = new apigateway.WebSocketApi(stack, 'Sockets', {
        connectRouteOptions: { integration: integration('Connect'), authorizer },
      });
      api.addRoute('send', { integration: integration('Send'), returnResponse: true });
      api.addRoute('quiet', { integration: integration('Quiet') });
      new apigateway.WebSocketStage(stack, 'Stage', { webSocketApi: api, stageName: 'v1', autoDeploy: true });
    });
    expect(httpApis).toEqual([]);
    const integration = (name: string) => ({
      functionName: startingWith(name),
      permitted: true,
      timeoutMilliseconds: 29_000,
    });
    expect(webSocketApis).toEqual([
      {
        apiId: startingWith('Sockets'),
        stage: 'v1',
        routeSelectionExpression: '$request.body.action',
        routes: [
          {
            routeKey: '$connect',
            integration: integration('Connect'),
            authorizer: {
              functionName: startingWith('Authorize'),
              permitted: true,
              identitySources: ['route.request.header.Authorization'],
            },
            hasRouteResponse: false,
          },
          { routeKey: 'send', integration: integration('Send'), hasRouteResponse: true },
          { routeKey: 'quiet', integration: integration('Quiet'), hasRouteResponse: false },
        ],
      },
    ]);
  });

  test('has no response where the route selects none though one is there', () => {
    const { webSocketApis } = models((stack, code) => {
      const api = new apigateway.WebSocketApi(stack, 'Sockets');
      const route = api.addRoute('send', { integration: new WebSocketLambdaIntegration('I', code('Send')) });
      const response = { apiId: api.apiId, routeId: route.routeId, routeResponseKey: '$default' };
      new apigateway.CfnRouteResponse(stack, 'Response', response);
      new apigateway.WebSocketStage(stack, 'Stage', { webSocketApi: api, stageName: 'v1' });
    });
    expect(webSocketApis[0]?.routes[0]?.hasRouteResponse).toBe(false);
  });
});

describe('an HTTP API of the CDK', () => {
  test('has the throttles of its stage and of the routes that have their own', () => {
    const { httpApis } = models((stack, code) => {
      const integration = new HttpLambdaIntegration('I', code('Items'));
      const api = new apigateway.HttpApi(stack, 'Web', { createDefaultStage: false });
      const [route] = api.addRoutes({ path: '/items', methods: [apigateway.HttpMethod.POST], integration });
      api.addRoutes({ path: '/others', methods: [apigateway.HttpMethod.GET], integration });
      const throttle = { rateLimit: 500, burstLimit: 200 };
      const stage = new apigateway.HttpStage(stack, 'Stage', { httpApi: api, stageName: 'v1', throttle });
      const ofStage = stage.node.defaultChild as apigateway.CfnStage; // What the CDK makes of it.
      ofStage.routeSettings = { 'POST /items': { ThrottlingRateLimit: 3, ThrottlingBurstLimit: 10 } };
      if (route) ofStage.node.addDependency(route);
    });
    const [api] = httpApis;
    expect(api?.throttle).toEqual({ ratePerSecond: 500, burst: 200 });
    expect(api?.routes.map(({ routeKey, throttle }) => [routeKey, throttle])).toEqual([
      ['POST /items', { ratePerSecond: 3, burst: 10 }],
      ['GET /others', undefined],
    ]);
  });

  test('has its routes, authorizer, CORS and stage', () => {
    const { httpApis } = models((stack, code) => {
      const integration = new HttpLambdaIntegration('I', code('Items'), { timeout: Duration.seconds(5) });
      const authorizer = new HttpLambdaAuthorizer('Authorizer', code('Authorize'), {
        responseTypes: [HttpLambdaResponseType.SIMPLE],
        resultsCacheTtl: Duration.minutes(2),
      });
      const api = new apigateway.HttpApi(stack, 'Web', {
        createDefaultStage: false,
        defaultIntegration: integration,
        corsPreflight: {
          allowOrigins: ['https://app.example'],
          allowMethods: [apigateway.CorsHttpMethod.GET],
          allowHeaders: ['authorization'],
          maxAge: Duration.minutes(10),
          allowCredentials: true,
        },
      });
      const { GET, ANY } = apigateway.HttpMethod;
      api.addRoutes({ path: '/items/{id}', methods: [GET], integration, authorizer });
      api.addRoutes({ path: '/any/{proxy+}', methods: [ANY], integration });
      new apigateway.HttpStage(stack, 'Stage', { httpApi: api, stageName: 'v1', autoDeploy: true });
    });
    const integration = { functionName: startingWith('Items'), permitted: true, timeoutMilliseconds: 5_000 };
    expect(httpApis).toEqual([
      {
        apiId: startingWith('Web'),
        stage: 'v1',
        cors: {
          allowOrigins: ['https://app.example'],
          allowMethods: ['GET'],
          allowHeaders: ['authorization'],
          exposeHeaders: [],
          maxAgeSeconds: 600,
          allowCredentials: true,
        },
        routes: [
          { routeKey: '$default', integration },
          {
            routeKey: 'GET /items/{id}',
            integration,
            authorizer: {
              id: expect.stringContaining('Authorizer'),
              functionName: startingWith('Authorize'),
              permitted: true,
              identitySources: ['$request.header.Authorization'],
              payloadFormat: '2.0',
              simpleResponses: true,
              resultTtlSeconds: 120,
            },
          },
          { routeKey: 'ANY /any/{proxy+}', integration },
        ],
      },
    ]);
  });

  test('knows of a permission that is missing, or for another route', () => {
    const { httpApis } = models((stack, code) => {
      const target = code('Items');
      httpRoutes(stack, target.functionArn, ['GET /one', 'GET /two/{id}', 'ANY /three']);
      target.addPermission('Two', {
        principal: new iam.ServicePrincipal('apigateway.amazonaws.com'),
        sourceArn: 'arn:aws:execute-api:eu-west-1:123456789012:Web/*/*/two/{id}',
      });
      target.addPermission('Else', { principal: new iam.ServicePrincipal('s3.amazonaws.com') });
    });
    const permitted = httpApis[0]?.routes.map((route) => [route.routeKey, route.integration.permitted]);
    expect(permitted).toEqual([
      ['GET /one', false],
      ['GET /two/{id}', true],
      ['ANY /three', false],
    ]);
  });
});

describe('what does not run here is refused by its name', () => {
  test.each([
    [{ integrationType: 'HTTP_PROXY' }, {}, 'AWS::ApiGatewayV2::Integration Integration: only AWS_PROXY'],
    [
      { payloadFormatVersion: '1.0' },
      {},
      'AWS::ApiGatewayV2::Integration Integration: only payload format version 2.0',
    ],
    [{}, { authorizationType: 'JWT' }, 'AWS::ApiGatewayV2::Route Route0: authorization JWT'],
    [{}, { target: 'integrations/other' }, 'AWS::ApiGatewayV2::Route Route0: no integration is its target'],
  ])('%j %j', (integration, route, message) => {
    const read = () =>
      models((stack, code) => httpRoutes(stack, code('F').functionArn, ['GET /'], integration, route));
    expect(read).toThrow(message);
  });
});

/** An HTTP API without the constructs that add permissions by themselves. */
function httpRoutes(
  stack: Stack,
  integrationUri: string,
  routeKeys: string[],
  integrationChanges: Partial<apigateway.CfnIntegrationProps> = {},
  routeChanges: Partial<apigateway.CfnRouteProps> = {},
): void {
  const { ref: apiId } = new apigateway.CfnApi(stack, 'Web', { name: 'web', protocolType: 'HTTP' });
  new apigateway.CfnStage(stack, 'Stage', { apiId, stageName: '$default' });
  const integration = new apigateway.CfnIntegration(stack, 'Integration', {
    apiId,
    integrationType: 'AWS_PROXY',
    integrationUri,
    payloadFormatVersion: '2.0',
    ...integrationChanges,
  });
  for (const [index, routeKey] of routeKeys.entries()) {
    const target = `integrations/${integration.ref}`;
    new apigateway.CfnRoute(stack, `Route${index}`, { apiId, routeKey, target, ...routeChanges });
  }
}
