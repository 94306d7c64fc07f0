import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { describe, expect, test } from 'vitest';
import { ParleyHttpApi } from '../../infra/constructs/http-api.ts';
import { stageSettings } from '../../infra/stages.ts';
import { at, Deployment, type Resource, wholeStages } from './templates.ts';

describe.each(wholeStages)('the APIs of stage %s', (stage) => {
  const deployment = new Deployment(stage);
  const apis = deployment.ofType('AWS::ApiGatewayV2::Api');
  const routes = deployment.ofType('AWS::ApiGatewayV2::Route').map((resource) => ({
    resource,
    key: String(resource.properties['RouteKey']),
    api: deployment.referenceIn(resource.properties['ApiId'], resource.stack),
    lambda: lambdaBehind(resource),
  }));
  const socketRoutes = routes.filter(({ api }) => api.properties['ProtocolType'] === 'WEBSOCKET');
  const httpRoutes = routes.filter(({ api }) => api.properties['ProtocolType'] === 'HTTP');

  function lambdaBehind(route: Resource): Resource {
    const integration = deployment.referenceIn(route.properties['Target'], route.stack);
    expect(integration).toMatchObject({
      type: 'AWS::ApiGatewayV2::Integration',
      properties: { IntegrationType: 'AWS_PROXY', ApiId: route.properties['ApiId'] },
    });
    return deployment.referenceIn(integration.properties['IntegrationUri'], integration.stack);
  }

  /** Whether API Gateway may call a function in the name of what is at this path of an API. */
  function mayCall(lambda: Resource, api: Resource, path: string): boolean {
    const caller = `arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<${api.stack}/${api.logicalId}>/${path}`;
    return deployment
      .ofType('AWS::Lambda::Permission')
      .some(
        ({ properties, stack }) =>
          deployment.referenceIn(properties['FunctionName'], stack) === lambda &&
          properties['Action'] === 'lambda:InvokeFunction' &&
          properties['Principal'] === 'apigateway.amazonaws.com' &&
          matches(deployment.render(properties['SourceArn'], stack), caller),
      );
  }

  test('offer every action of the protocol over the socket, and choose by "action"', () => {
    expect(socketRoutes.map(({ key }) => key).sort()).toEqual(
      [
        '$connect',
        '$default',
        '$disconnect',
        'deleteMessage',
        'editMessage',
        'heartbeat',
        'markRead',
        'presence',
        'react',
        'sendMessage',
        'sync',
        'typing',
      ].sort(),
    );
    for (const api of apis.filter(({ properties }) => properties['ProtocolType'] === 'WEBSOCKET')) {
      expect(api.properties['RouteSelectionExpression']).toBe('$request.body.action');
    }
  });

  test('offer every path of the protocol over HTTP, and an answer for all others', () => {
    expect(httpRoutes.map(({ key }) => key).sort()).toEqual(
      [
        'GET /health',
        'POST /users',
        'GET /users',
        'POST /login',
        'GET /users/me',
        'PATCH /users/me',
        'DELETE /users/me',
        'GET /users/me/sessions',
        'DELETE /users/me/sessions/{sessionId}',
        'PUT /users/me/password',
        'POST /logout',
        'POST /token',
        'POST /conversations',
        'GET /conversations',
        'GET /conversations/{id}',
        'PATCH /conversations/{id}',
        'GET /conversations/{id}/members',
        'POST /conversations/{id}/members',
        'PATCH /conversations/{id}/members/{userId}',
        'DELETE /conversations/{id}/members/{userId}',
        'PATCH /conversations/{id}/settings',
        'PUT /conversations/{id}/read',
        'GET /messages',
        'POST /messages',
        '$default',
      ].sort(),
    );
  });

  test.each(routes)('may call the function behind $key', ({ key, api, lambda }) => {
    expect(lambda.type).toBe('AWS::Lambda::Function');
    // Documented for WebSocket as api/stage/route, for HTTP as api/stage/METHOD/path.
    const path = key.startsWith('$') || !key.includes(' ') ? `v1/${key}` : `v1/${key.replace(' ', '')}`;
    expect(mayCall(lambda, api, path), `permission for ${path}`).toBe(true);
  });

  test('send replies back on the routes whose functions reply, and only there', () => {
    const replying = deployment
      .ofType('AWS::ApiGatewayV2::RouteResponse')
      .map(({ properties, stack }) => {
        expect(properties['RouteResponseKey']).toBe('$default');
        return deployment.referenceIn(properties['RouteId'], stack).properties['RouteKey'];
      })
      .sort();
    expect(replying).toEqual([
      '$default',
      'deleteMessage',
      'editMessage',
      'heartbeat',
      'markRead',
      'presence',
      'react',
      'sendMessage',
      'sync',
      'typing',
    ]);
    for (const { resource, key } of socketRoutes) {
      const selected = resource.properties['RouteResponseSelectionExpression'];
      expect(selected, key).toBe(replying.includes(key) ? '$default' : undefined);
    }
  });

  test('authorize the handshake whether the token comes as a header or as a subprotocol', () => {
    const authorizer = deployment.only('AWS::ApiGatewayV2::Authorizer');
    expect(authorizer.properties).toMatchObject({ AuthorizerType: 'REQUEST', IdentitySource: [] });
    const connect = socketRoutes.find(({ key }) => key === '$connect');
    expect(connect?.resource.properties['AuthorizationType']).toBe('CUSTOM');
    expect(deployment.referenceIn(connect?.resource.properties['AuthorizerId'], authorizer.stack)).toBe(
      authorizer,
    );

    const lambda = deployment.referenceIn(authorizer.properties['AuthorizerUri'], authorizer.stack);
    const api = deployment.referenceIn(authorizer.properties['ApiId'], authorizer.stack);
    expect(lambda).toBe(deployment.functions().get('websocket-authorizer'));
    expect(mayCall(lambda, api, `authorizers/<${authorizer.stack}/${authorizer.logicalId}>`)).toBe(true);
  });

  test('are deployed as stage v1, limited, and log without headers or query strings', () => {
    const stages = deployment.ofType('AWS::ApiGatewayV2::Stage');
    expect(stages.map(({ properties, stack }) => deployment.referenceIn(properties['ApiId'], stack))).toEqual(
      apis,
    );
    for (const { properties } of stages) {
      expect(properties).toMatchObject({ StageName: 'v1', AutoDeploy: true });
      expect(properties['DefaultRouteSettings']).toMatchObject({
        ThrottlingRateLimit: expect.any(Number),
        ThrottlingBurstLimit: expect.any(Number),
      });
      const format: Record<string, string> = JSON.parse(
        String(at(properties, 'AccessLogSettings', 'Format')),
      );
      expect(Object.values(format)).toContain('$context.requestId'); // API Gateway refuses a format without it.
      for (const field of Object.values(format))
        expect(field).not.toMatch(/header|protocol$|query|authorizer\.(?!error)/i);
    }
  });

  test('answer browsers of other origins only where origins are configured', () => {
    for (const api of apis) expect(api.properties['CorsConfiguration']).toBeUndefined();
  });

  test('give pushing functions the address of the WebSocket stage', () => {
    const socketApi = apis.find(({ properties }) => properties['ProtocolType'] === 'WEBSOCKET');
    const pushing = [...deployment.functions().values()].filter(({ properties }) =>
      JSON.stringify(properties).includes('AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI'),
    );
    expect(pushing.length).toBeGreaterThan(0);
    for (const { properties, stack } of pushing) {
      const endpoint = at(properties, 'Environment', 'Variables', 'AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI');
      expect(deployment.render(endpoint, stack)).toBe(
        `https://<${stack}/${socketApi?.logicalId}>.execute-api.<AWS::Region>.<AWS::URLSuffix>/v1`,
      );
    }
  });
});

test('browsers of other origins are answered where a stage names them, and only those', () => {
  const stack = new Stack(new App(), 'Other');
  const settings = { ...stageSettings('dev'), corsOrigins: ['https://chat.example.org'] };
  const lambda = LambdaFunction.fromFunctionArn(
    stack,
    'Any',
    'arn:aws:lambda:eu-west-1:123456789012:function:any',
  );
  new ParleyHttpApi(stack, 'Http', settings, () => lambda);
  Template.fromStack(stack).hasResourceProperties('AWS::ApiGatewayV2::Api', {
    CorsConfiguration: {
      AllowOrigins: ['https://chat.example.org'],
      AllowHeaders: ['authorization', 'content-type'],
      AllowMethods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      ExposeHeaders: ['retry-after'],
    },
  });
});

/** IAM's wildcards: `*` is any text, slashes included. */
function matches(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(text);
}
