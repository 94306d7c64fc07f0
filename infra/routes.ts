/** The routes of both APIs, and the function behind each. A new route is a line here. */
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import type { FunctionName } from './functions.ts';

export type WebSocketRouteDefinition = {
  /** `$connect`, `$disconnect`, `$default`, or the `action` of the frames it takes. */
  routeKey: string;
  handler: FunctionName;
  /** Sends what the function returns back over the same socket. */
  replies: boolean;
};

export const webSocketRoutes: WebSocketRouteDefinition[] = [
  { routeKey: '$connect', handler: 'websocket-connect', replies: false },
  { routeKey: '$disconnect', handler: 'websocket-disconnect', replies: false },
  { routeKey: '$default', handler: 'websocket-default', replies: true },
  { routeKey: 'sendMessage', handler: 'websocket-send', replies: true },
  { routeKey: 'editMessage', handler: 'websocket-send', replies: true },
  { routeKey: 'deleteMessage', handler: 'websocket-send', replies: true },
  { routeKey: 'react', handler: 'websocket-send', replies: true },
  { routeKey: 'markRead', handler: 'websocket-signal', replies: true },
  // Has no reply but an error: a function that returns no body sends nothing.
  { routeKey: 'typing', handler: 'websocket-signal', replies: true },
  { routeKey: 'presence', handler: 'websocket-signal', replies: true },
  { routeKey: 'heartbeat', handler: 'websocket-signal', replies: true },
  { routeKey: 'sync', handler: 'websocket-sync', replies: true },
];

/** Runs before `$connect`; its answer stands for the whole connection. */
export const webSocketAuthorizer: FunctionName = 'websocket-authorizer';

/** The settings in `throttle` that bound a route by itself; what names none shares the bucket of the stage. */
export type RouteThrottle = 'signIn' | 'open';

export type HttpRouteDefinition = {
  methods: HttpMethod[];
  path: string;
  handler: FunctionName;
  throttle?: RouteThrottle;
};

const { GET, POST, PUT, PATCH, DELETE } = HttpMethod;

export const httpRoutes: HttpRouteDefinition[] = [
  { methods: [GET], path: '/health', handler: 'http-default', throttle: 'open' },

  { methods: [GET], path: '/users', handler: 'http-users' },
  { methods: [POST], path: '/users', handler: 'http-users', throttle: 'signIn' },
  { methods: [GET, PATCH, DELETE], path: '/users/me', handler: 'http-users' },
  { methods: [GET], path: '/users/me/sessions', handler: 'http-users' },
  { methods: [DELETE], path: '/users/me/sessions/{sessionId}', handler: 'http-users' },
  { methods: [PUT], path: '/users/me/password', handler: 'http-users', throttle: 'signIn' },
  { methods: [POST], path: '/login', handler: 'http-users', throttle: 'signIn' },
  { methods: [POST], path: '/logout', handler: 'http-users' },
  { methods: [POST], path: '/token', handler: 'http-users' },

  { methods: [GET, POST], path: '/conversations', handler: 'http-conversations' },
  { methods: [GET, PATCH], path: '/conversations/{id}', handler: 'http-conversations' },
  { methods: [GET, POST], path: '/conversations/{id}/members', handler: 'http-conversations' },
  { methods: [PATCH, DELETE], path: '/conversations/{id}/members/{userId}', handler: 'http-conversations' },
  { methods: [PATCH], path: '/conversations/{id}/settings', handler: 'http-conversations' },
  { methods: [PUT], path: '/conversations/{id}/read', handler: 'http-conversations' },

  { methods: [GET, POST], path: '/messages', handler: 'http-messages' },
];

/** Answers what no route above matches, in our own error format instead of API Gateway's. */
export const httpFallback = { handler: 'http-default', throttle: 'open' } as const satisfies {
  handler: FunctionName;
  throttle: RouteThrottle;
};
