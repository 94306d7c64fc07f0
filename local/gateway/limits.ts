/** API Gateway's quotas; every one of them can be lowered in a test. */
export type GatewayLimits = {
  /** @default 32 KB */
  webSocketFrameBytes: number;
  /** @default 128 KB */
  webSocketMessageBytes: number;
  /** What may wait for a client that does not read. The size is ours, AWS documents the refusal only. @default 1 MB */
  webSocketBufferedBytes: number;
  /** @default 10 minutes */
  idleMilliseconds: number;
  /** @default 2 hours */
  connectionMilliseconds: number;
  /** @default 10 MB */
  httpBodyBytes: number;
};

/**
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
 */
export const awsLimits: GatewayLimits = {
  webSocketFrameBytes: 32 * 1024,
  webSocketMessageBytes: 128 * 1024,
  webSocketBufferedBytes: 1024 * 1024,
  idleMilliseconds: 10 * 60 * 1000,
  connectionMilliseconds: 2 * 60 * 60 * 1000,
  httpBodyBytes: 10 * 1024 * 1024,
};
