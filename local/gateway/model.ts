/** What API Gateway is configured with, freed from CloudFormation's spelling. Built by `gatewaysFromAssembly`. */

export type Integration = {
  functionName: string;
  /** Whether a Lambda permission lets API Gateway invoke the function: without it every call fails with 500. */
  permitted: boolean;
  timeoutMilliseconds: number;
};

export type WebSocketAuthorizer = {
  functionName: string;
  permitted: boolean;
  /** Such as `route.request.header.Authorization`: a request that lacks one is refused before the function runs. */
  identitySources: string[];
};

export type WebSocketRoute = {
  routeKey: string;
  integration: Integration;
  authorizer?: WebSocketAuthorizer;
  /** Whether what the function returns as `body` is sent back on the socket. */
  hasRouteResponse: boolean;
};

export type WebSocketApi = {
  apiId: string;
  stage: string;
  routeSelectionExpression: string;
  routes: WebSocketRoute[];
  stageVariables?: Record<string, string>;
};

export type HttpAuthorizer = {
  id: string;
  functionName: string;
  permitted: boolean;
  /** Such as `$request.header.Authorization`. */
  identitySources: string[];
  payloadFormat: '1.0' | '2.0';
  simpleResponses: boolean;
  /** How long a decision is kept by the values of the identity sources; 0 is never. */
  resultTtlSeconds: number;
};

/** A token bucket: so many requests a second, and so many at once. */
export type Throttle = { ratePerSecond: number; burst: number };

export type HttpRoute = {
  /** `GET /users/{id}`, `ANY /{proxy+}` or `$default`. */
  routeKey: string;
  /** A bucket of the route's own; without one it shares that of the stage. */
  throttle?: Throttle;
  integration: Integration;
  authorizer?: HttpAuthorizer;
};

export type CorsConfiguration = {
  allowOrigins: string[];
  allowMethods: string[];
  allowHeaders: string[];
  exposeHeaders: string[];
  maxAgeSeconds?: number;
  allowCredentials: boolean;
};

export type HttpApi = {
  apiId: string;
  /** `$default` serves at the root; any other name is the first segment of the path. */
  stage: string;
  routes: HttpRoute[];
  /** What all routes without a throttle of their own share. AWS documents no more than that the stage has it. */
  throttle?: Throttle;
  cors?: CorsConfiguration;
  stageVariables?: Record<string, string>;
};
