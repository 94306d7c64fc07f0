import { parseArgs } from 'node:util';
import type { Given } from './cast.ts';
import type { Target } from './target.ts';

export type ConformanceOptions = {
  target: Target;
  given: Given;
  smoke: boolean;
  strict: boolean;
  only: string[];
  report: string | undefined;
};

export class UsageError extends Error {}

export const usage = `Usage: npm run conformance -- --url URL [--ws URL] [options]

Tries docs/protocol.md against a deployment, requirement by requirement, and exits 1 where one does not hold.

  --url URL          the HTTP API, without /v1
  --ws URL           the WebSocket API            default /connect at the host of --url
  --smoke            the short run: two users, and less than 30 seconds
  --only PREFIX      requirements whose id begins so; may be repeated
  --report FILE      writes FILE as JSON, and beside it the same as Markdown (.md)
  --strict           what the server lacks altogether counts as a failure too
  --deadline MS      how long to wait for an answer or an event           default 15000
  --token-in-header  opens sockets with the Authorization header, for servers that select no subprotocol

The run registers up to five users. Where registration is closed, or limited for this address, give such that exist:

  --account NAME:PASSWORD   may be repeated, up to five times; the fifth one's sessions are ended
  --token TOKEN             the same for tokens of any origin

It leaves the groups that it made, and erases the users that it registered where the server can do that.`;

/** `undefined` where help is asked for. */
export function parseOptions(args: string[]): ConformanceOptions | undefined {
  const { values } = parse(args);
  if (values.help) return undefined;
  const url = addressOf('--url', values.url, /^https?:$/).replace(/\/+(v1\/*)?$/, '');
  const ws = values.ws ?? `${url.replace(/^http/, 'ws')}/connect`;
  const deadlineMs = Number(values.deadline);
  if (!(Number.isInteger(deadlineMs) && deadlineMs > 0))
    throw new UsageError('--deadline must be milliseconds.');
  const report = values.report;
  if (report?.endsWith('.md')) throw new UsageError('--report must name the JSON file.');
  return {
    target: {
      url,
      webSocketUrl: addressOf('--ws', ws, /^wss?:$/),
      deadlineMs,
      tokenInHeader: values['token-in-header'],
    },
    given: { tokens: values.token, accounts: values.account.map(accountOf) },
    smoke: values.smoke,
    strict: values.strict,
    only: values.only,
    report,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        url: { type: 'string' },
        ws: { type: 'string' },
        smoke: { type: 'boolean', default: false },
        strict: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true, default: [] },
        report: { type: 'string' },
        deadline: { type: 'string', default: '15000' },
        account: { type: 'string', multiple: true, default: [] },
        token: { type: 'string', multiple: true, default: [] },
        'token-in-header': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function addressOf(option: string, text: string | undefined, protocol: RegExp): string {
  if (text === undefined) throw new UsageError(`${option} is missing.`);
  if (!URL.canParse(text) || !protocol.test(new URL(text).protocol)) {
    throw new UsageError(`${option} must be an address, not "${text}".`);
  }
  return text;
}

function accountOf(text: string): { username: string; password: string } {
  const [, username, password] = /^([^:]+):(.+)$/s.exec(text) ?? [];
  if (username === undefined || password === undefined)
    throw new UsageError('--account must be NAME:PASSWORD.');
  return { username, password };
}
