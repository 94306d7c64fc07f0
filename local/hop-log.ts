import { jsonObject } from './console/observations.ts';
import type { LambdaLogLine } from './lambda/lambda-pool.ts';
import { isRecord } from './template/template.ts';

/** A function's own line about its acceptance comes when it ends, by when the next hop may be under way. */
const PATIENCE_MS = 500;
const REMEMBERED = 1000;
const accepting = new Set(['sendMessage', 'POST /messages', 'editMessage', 'deleteMessage', 'react']);

type Ids = Record<string, unknown>;

/**
 * `npm start -- --verbose`: one line for each hop of a message, from its acceptance to the sockets it is pushed to. Reads what the
 * functions write to their logs at DEBUG, and the batches that are handed to them.
 */
export class HopLog {
  readonly #print: (line: string) => void;
  /** Messages whose acceptance was told. */
  readonly #begun = new Set<string>();
  readonly #held = new Map<string, string[]>();

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  addLine({ line }: LambdaLogLine): void {
    const entry = jsonObject(line);
    if (entry === undefined) return;
    const at = String(entry['timestamp']);
    if (entry['message'] === 'invocation') {
      if (accepting.has(String(entry['route'])) && entry['messageId'] !== undefined)
        this.#accepted(at, entry);
      return;
    }
    if (entry['level'] !== 'DEBUG') return;
    const told = hops[String(entry['message'])]?.(entry);
    if (told !== undefined) this.#tell(at, String(entry['message']), entry, told);
  }

  /** @param event that an event source mapping hands to the function */
  addBatch(functionName: string, event: unknown): void {
    if (!isRecord(event) || !Array.isArray(event['Records'])) return;
    const count = event['Records'].length;
    for (const record of event['Records']) {
      if (!isRecord(record) || !isRecord(record['kinesis'])) continue;
      const ids = jsonObject(Buffer.from(String(record['kinesis']['data']), 'base64').toString());
      if (ids === undefined) continue;
      const shard = String(record['eventID'])
        .split(':')[0]
        ?.replace(/^shardId-0*(?=\d)/, '');
      const batch = count === 1 ? '' : `, in a batch of ${count}`;
      const what = ids['kind'] === 'change' ? `a change of seq ${ids['seq']} ` : '';
      this.#tell(
        new Date().toISOString(),
        'stream',
        ids,
        `${what}from shard ${shard} to ${functionName}${batch}`,
      );
    }
  }

  #accepted(at: string, entry: Ids): void {
    const { outcome, route, service, userId, durationMs } = entry;
    const messageId = String(entry['messageId']);
    const how = `${route} from ${userId} by ${service} in ${durationMs} ms`;
    this.#print(
      lineOf(
        at,
        outcome === 'ok' ? 'accepted' : 'refused',
        entry,
        outcome === 'ok' ? how : `${outcome}, ${how}`,
      ),
    );
    this.#begin(messageId);
  }

  #tell(at: string, hop: string, ids: Ids, told: string): void {
    const line = lineOf(at, hop, ids, told);
    const messageId = String(ids['messageId']);
    if (ids['messageId'] === undefined || this.#begun.has(messageId)) {
      this.#print(line);
      return;
    }
    const held = this.#held.get(messageId);
    if (held !== undefined) {
      held.push(line);
      return;
    }
    this.#held.set(messageId, [line]);
    // A redelivery, and what was put into the stream by hand, is accepted by nobody here.
    setTimeout(() => this.#begin(messageId), PATIENCE_MS).unref();
  }

  #begin(messageId: string): void {
    this.#begun.add(messageId);
    const [oldest] = this.#begun;
    if (this.#begun.size > REMEMBERED && oldest !== undefined) this.#begun.delete(oldest);
    for (const line of this.#held.get(messageId) ?? []) this.#print(line);
    this.#held.delete(messageId);
  }
}

/** What the functions call their steps: lambdas/services/hop.ts. */
const hops: Record<string, (ids: Ids) => string | undefined> = {
  stored: ({ seq }) => `as seq ${seq}`,
  recognised: ({ seq }) => `as seq ${seq}: sent again, and not stored twice`,
  changed: ({ seq, revision }) => `seq ${seq}, as revision ${revision}`,
  refused: ({ code }) => String(code),
  pushed({ seq, toSeq, messages, connectionId }) {
    // An event that is of no message: a read marker, say.
    if (seq === undefined && toSeq === undefined) return undefined;
    const others = typeof messages === 'number' && messages > 1 ? `, with the ${messages - 1} before it` : '';
    return `seq ${seq ?? toSeq}${others} to connection ${connectionId}`;
  },
};

function lineOf(at: string, hop: string, { messageId, conversationId }: Ids, told: string): string {
  return `${at.slice(11, 23)}  ${hop.padEnd(10)}  ${messageId ?? '(messages)'} in ${conversationId}  ${told}`;
}
