import type { ServerResponse } from 'node:http';
import { isRecord } from '../template/template.ts';

export type HttpAnswer = {
  status: number;
  headers: Record<string, string>;
  cookies: string[];
  body: Buffer;
};

/** One of API Gateway's own answers. */
export function gatewayAnswer(status: number, message: string): HttpAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    cookies: [],
    body: Buffer.from(JSON.stringify({ message })),
  };
}

export const internalServerError = gatewayAnswer(500, 'Internal Server Error');
export const serviceUnavailable = gatewayAnswer(503, 'Service Unavailable');

/**
 * Reads what a function returned in payload format 2.0; undefined if it is malformed. An object with a statusCode is a
 * response; anything else is the JSON body of a 200.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function readFunctionAnswer(payload: unknown): HttpAnswer | undefined {
  if (!isRecord(payload) || payload['statusCode'] === undefined) {
    const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      cookies: [],
      body: Buffer.from(text),
    };
  }
  const { body, headers = {}, cookies = [], isBase64Encoded } = payload;
  const status = Number(payload['statusCode']);
  if (!Number.isInteger(status) || status < 200 || status > 599) return undefined;
  if (body !== undefined && body !== null && typeof body !== 'string') return undefined;
  if (!(isRecord(headers) || headers === null) || !Array.isArray(cookies)) return undefined;
  const read: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
      return undefined;
    read[name.toLowerCase()] = String(value);
  }
  // What API Gateway sends where a function names no type.
  read['content-type'] ??= 'text/plain; charset=utf-8';
  return {
    status,
    headers: read,
    cookies: cookies.map(String),
    body: Buffer.from(body ?? '', isBase64Encoded === true ? 'base64' : 'utf8'),
  };
}

/** Node counts and frames the body itself, and the connection is not the function's. */
const notTheFunctions = new Set([
  'content-length',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
]);

export function writeAnswer(response: ServerResponse, answer: HttpAnswer, requestId: string): void {
  if (response.headersSent || response.destroyed) return;
  response.statusCode = answer.status;
  for (const [name, value] of Object.entries(answer.headers)) {
    if (!notTheFunctions.has(name)) response.setHeader(name, value);
  }
  if (answer.cookies.length > 0) response.setHeader('set-cookie', answer.cookies);
  response.setHeader('apigw-requestid', requestId);
  if (answer.status === 204 || answer.status === 304) response.removeHeader('content-type');
  else response.setHeader('content-length', answer.body.length);
  response.end(answer.status === 204 || answer.status === 304 ? undefined : answer.body);
}
