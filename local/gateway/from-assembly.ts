import type { Assembly, Resource } from '../template/assembly.ts';
import { isRecord } from '../template/template.ts';
import { TemplateError } from '../template/template-error.ts';
import { isIdentitySource } from './identity-sources.ts';
import type {
  CorsConfiguration,
  HttpApi,
  HttpAuthorizer,
  HttpRoute,
  Integration,
  Throttle,
  WebSocketApi,
  WebSocketRoute,
} from './model.ts';
import { functionNameOf, type Permissions, permissionsOf } from './permissions.ts';

export type GatewayModels = { webSocketApis: WebSocketApi[]; httpApis: HttpApi[] };

type Parts = {
  assembly: Assembly;
  permissions: Permissions;
  api: Resource;
  stage: Resource;
  executionArn: string;
};

/** Reads every AWS::ApiGatewayV2 resource, and the Lambda permissions, of an assembly: one model for each stage. */
export function gatewaysFromAssembly(assembly: Assembly): GatewayModels {
  const { region, accountId } = assembly;
  const permissions = permissionsOf(assembly);
  const models: GatewayModels = { webSocketApis: [], httpApis: [] };
  for (const api of assembly.ofType('AWS::ApiGatewayV2::Api')) {
    const executionArn = `arn:aws:execute-api:${region}:${accountId}:${api.ref}`;
    for (const stage of ofApi(assembly, 'AWS::ApiGatewayV2::Stage', api)) {
      const parts = { assembly, permissions, api, stage, executionArn };
      if (api.properties['ProtocolType'] === 'WEBSOCKET') models.webSocketApis.push(webSocketApi(parts));
      else models.httpApis.push(httpApi(parts));
    }
  }
  return models;
}

function webSocketApi(parts: Parts): WebSocketApi {
  const { assembly, api, stage } = parts;
  const responses = ofApi(assembly, 'AWS::ApiGatewayV2::RouteResponse', api);
  const routes = ofApi(assembly, 'AWS::ApiGatewayV2::Route', api).map((route): WebSocketRoute => {
    const routeKey = String(route.properties['RouteKey']);
    const authorizer = authorizerOf(parts, route);
    return {
      routeKey,
      integration: integrationOf(parts, route, routeKey, 29_000),
      ...(authorizer === undefined ? {} : { authorizer: callTarget(parts, authorizer) }),
      // Both are needed: the expression that selects a response, and the response it selects.
      hasRouteResponse:
        route.properties['RouteResponseSelectionExpression'] === '$default' &&
        responses.some(({ properties }) => properties['RouteId'] === route.ref),
    };
  });
  return {
    apiId: api.ref,
    stage: String(stage.properties['StageName']),
    routeSelectionExpression: String(api.properties['RouteSelectionExpression']),
    routes,
    ...stageVariables(stage),
  };
}

function httpApi(parts: Parts): HttpApi {
  const { assembly, api, stage } = parts;
  const cors = corsOf(api);
  const ofRoutes = isRecord(stage.properties['RouteSettings']) ? stage.properties['RouteSettings'] : {};
  const throttle = throttleOf(stage.properties['DefaultRouteSettings']);
  const routes = ofApi(assembly, 'AWS::ApiGatewayV2::Route', api).map((route): HttpRoute => {
    const routeKey = String(route.properties['RouteKey']);
    const authorizer = authorizerOf(parts, route);
    const [method = '', path = ''] = routeKey.split(' ');
    const source = routeKey === '$default' ? routeKey : `${method === 'ANY' ? '*' : method}${path}`;
    const throttle = throttleOf(ofRoutes[routeKey]);
    return {
      routeKey,
      ...(throttle === undefined ? {} : { throttle }),
      integration: integrationOf(parts, route, source, 30_000),
      ...(authorizer === undefined ? {} : { authorizer: httpAuthorizer(parts, authorizer) }),
    };
  });
  return {
    apiId: api.ref,
    stage: String(stage.properties['StageName']),
    routes,
    ...(throttle === undefined ? {} : { throttle }),
    ...(cors === undefined ? {} : { cors }),
    ...stageVariables(stage),
  };
}

/** Of the settings of a stage or a route; one of the two numbers alone throttles nothing here. */
function throttleOf(settings: unknown): Throttle | undefined {
  if (!isRecord(settings)) return undefined;
  const [rate, burst] = [settings['ThrottlingRateLimit'], settings['ThrottlingBurstLimit']];
  if (rate === undefined || burst === undefined) return undefined;
  return { ratePerSecond: Number(rate), burst: Number(burst) };
}

function integrationOf(parts: Parts, route: Resource, source: string, maxMilliseconds: number): Integration {
  const target = String(route.properties['Target'] ?? '').replace(/^integrations\//, '');
  const found = ofApi(parts.assembly, 'AWS::ApiGatewayV2::Integration', parts.api).find(
    ({ ref }) => ref === target,
  );
  if (found === undefined) throw unsupported(route, `no integration is its target (${target})`);
  const { properties } = found;
  if (properties['IntegrationType'] !== 'AWS_PROXY') {
    throw unsupported(
      found,
      `only AWS_PROXY integrations run here, not ${String(properties['IntegrationType'])}`,
    );
  }
  const http = parts.api.properties['ProtocolType'] === 'HTTP';
  if (http && properties['PayloadFormatVersion'] !== '2.0') {
    throw unsupported(found, 'only payload format version 2.0 runs here');
  }
  const functionName = functionNameOf(String(properties['IntegrationUri']));
  const sourceArn = `${parts.executionArn}/${String(parts.stage.properties['StageName'])}/${source}`;
  return {
    functionName,
    permitted: parts.permissions(functionName, sourceArn),
    timeoutMilliseconds: Number(properties['TimeoutInMillis'] ?? maxMilliseconds),
  };
}

function authorizerOf(parts: Parts, route: Resource): Resource | undefined {
  const type = route.properties['AuthorizationType'] ?? 'NONE';
  if (type === 'NONE') return undefined;
  if (type !== 'CUSTOM') throw unsupported(route, `authorization ${String(type)} does not run here`);
  const id = route.properties['AuthorizerId'];
  const found = ofApi(parts.assembly, 'AWS::ApiGatewayV2::Authorizer', parts.api).find(
    ({ ref }) => ref === id,
  );
  if (found === undefined) throw unsupported(route, `no authorizer has its AuthorizerId (${String(id)})`);
  if (found.properties['AuthorizerType'] !== 'REQUEST') {
    throw unsupported(found, 'only REQUEST authorizers run here');
  }
  return found;
}

function callTarget(parts: Parts, authorizer: Resource) {
  const functionName = functionNameOf(String(authorizer.properties['AuthorizerUri']));
  const sourceArn = `${parts.executionArn}/authorizers/${authorizer.ref}`;
  const identitySources = texts(authorizer.properties['IdentitySource']);
  const strange = identitySources.find((source) => !isIdentitySource(source));
  if (strange !== undefined) throw unsupported(authorizer, `identity source ${strange} does not run here`);
  return {
    functionName,
    permitted: parts.permissions(functionName, sourceArn),
    identitySources,
  };
}

function httpAuthorizer(parts: Parts, authorizer: Resource): HttpAuthorizer {
  const { properties } = authorizer;
  const payloadFormat = properties['AuthorizerPayloadFormatVersion'];
  if (payloadFormat !== '1.0' && payloadFormat !== '2.0') {
    throw unsupported(authorizer, 'AuthorizerPayloadFormatVersion must be 1.0 or 2.0');
  }
  const target = callTarget(parts, authorizer);
  return {
    ...target,
    id: authorizer.ref,
    payloadFormat,
    simpleResponses: isTrue(properties['EnableSimpleResponses']),
    resultTtlSeconds: Number(properties['AuthorizerResultTtlInSeconds'] ?? 0),
  };
}

function corsOf(api: Resource): CorsConfiguration | undefined {
  const cors = api.properties['CorsConfiguration'];
  if (!isRecord(cors)) return undefined;
  return {
    allowOrigins: texts(cors['AllowOrigins']),
    allowMethods: texts(cors['AllowMethods']),
    allowHeaders: texts(cors['AllowHeaders']),
    exposeHeaders: texts(cors['ExposeHeaders']),
    allowCredentials: isTrue(cors['AllowCredentials']),
    ...(cors['MaxAge'] === undefined ? {} : { maxAgeSeconds: Number(cors['MaxAge']) }),
  };
}

function ofApi(assembly: Assembly, type: string, api: Resource): Resource[] {
  return assembly.ofType(type).filter(({ properties }) => properties['ApiId'] === api.ref);
}

function stageVariables(stage: Resource): { stageVariables?: Record<string, string> } {
  const variables = stage.properties['StageVariables'];
  if (!isRecord(variables)) return {};
  return {
    stageVariables: Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [name, String(value)]),
    ),
  };
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** CloudFormation takes booleans as text too. */
function isTrue(value: unknown): boolean {
  return value === true || value === 'true';
}

function unsupported(resource: Resource, reason: string): TemplateError {
  return new TemplateError(`${resource.stack}: ${resource.type} ${resource.logicalId}: ${reason}`);
}
