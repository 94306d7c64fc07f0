import { expect } from 'vitest';
import type { Answer } from './api-client.ts';

/** An error answer of the HTTP API (RFC 9457, protocol.md §3). */
export type Problem = {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  requestId: string;
};

const statuses = {
  BAD_REQUEST: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  PAYLOAD_TOO_LARGE: 413,
  RATE_LIMITED: 429,
  INTERNAL: 500,
  UNAVAILABLE: 503,
} as const;

/** Names of tables, ARNs, stack frames, SDK errors: what no client may ever see. */
const internals =
  /arn:|Parley(Data|Service)|node_modules|\.m?js:\d|\n\s+at |DynamoDB|Kinesis|Exception|_TABLE/;

/** Asserts the whole answer: status, content type, and a body that says as much as it must and no more. */
export function expectProblem(answer: Answer<unknown>, code: keyof typeof statuses): void {
  expect({ status: answer.status, body: answer.body }).toEqual({
    status: statuses[code],
    body: {
      type: expect.any(String),
      title: expect.stringMatching(/./),
      status: statuses[code],
      detail: expect.stringMatching(/./),
      code,
      requestId: expect.stringMatching(/./),
    },
  });
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json\b/);
  expect(JSON.stringify(answer.body)).not.toMatch(internals);
}

/** The same for an `error` frame. */
export function expectTellsNothing(frame: object): void {
  expect(JSON.stringify(frame)).not.toMatch(internals);
}
