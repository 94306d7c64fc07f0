/** The failure bucket of the stream's mapping: batches that used up their retries, or grew too old, one an object. */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import * as v from 'valibot';
import type { RecordWriter } from '../stream/record-writer.ts';
import {
  type Contents,
  type DeadLetter,
  type DeadLetterPlace,
  deadLetterId,
  type LostRecord,
  positionOf,
} from './dead-letter.ts';
import { readJson } from './read-json.ts';

/** docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html: the event is JSON within the JSON. */
const InvocationRecord = v.object({
  requestContext: v.object({ condition: v.string(), approximateInvokeCount: v.number() }),
  timestamp: v.string(),
  payload: v.string(),
});

/** docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html */
const Event = v.object({
  Records: v.array(
    v.object({
      eventID: v.string(),
      kinesis: v.object({ partitionKey: v.string(), data: v.pipe(v.string(), v.base64()) }),
    }),
  ),
});

const place = 'failure bucket';

export class FailureBucket implements DeadLetterPlace {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #writer: RecordWriter;
  readonly #listed = new Set<string>();

  constructor(client: S3Client, bucket: string, writer: RecordWriter) {
    this.#client = client;
    this.#bucket = bucket;
    this.#writer = writer;
  }

  /** Those not listed before. An object is at most 6 MB, and is read again when its contents are asked for. */
  async list(limit: number): Promise<DeadLetter[]> {
    const letters: DeadLetter[] = [];
    for await (const key of this.#keys()) {
      if (letters.length >= limit) break;
      if (this.#listed.has(key)) continue;
      this.#listed.add(key);
      letters.push(await this.#letterOf(key));
    }
    return letters;
  }

  async count(): Promise<number> {
    let count = 0;
    for await (const _ of this.#keys()) count += 1;
    return count;
  }

  async release(): Promise<void> {
    this.#listed.clear();
  }

  async *#keys(): AsyncGenerator<string> {
    for await (const { Contents = [] } of paginateListObjectsV2(
      { client: this.#client },
      { Bucket: this.#bucket },
    )) {
      for (const { Key } of Contents) if (Key !== undefined) yield Key;
    }
  }

  async #letterOf(key: string): Promise<DeadLetter> {
    const { contents, reason, since } = await this.#read(key);
    const records = contents.kind === 'records' ? contents.records : [];
    return {
      id: deadLetterId(place, key),
      place,
      reason,
      since,
      position: positionOf(records[0]?.eventId ?? ''),
      size: {
        records: records.length,
        partitionKeys: [...new Set(records.map(({ partitionKey }) => partitionKey))],
      },
      contents: async () => (await this.#read(key)).contents,
      putBack: async () => {
        const again = (await this.#read(key)).contents;
        if (again.kind !== 'records') {
          throw new Error('It cannot be read, so there is nothing to put back.');
        }
        for (const record of again.records) await this.#writer.put(record);
      },
      remove: async () => {
        await this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: key }));
      },
    };
  }

  async #read(key: string): Promise<{ contents: Contents; reason: string; since: Date | undefined }> {
    const { Body, LastModified } = await this.#client.send(
      new GetObjectCommand({ Bucket: this.#bucket, Key: key }),
    );
    const text = (await Body?.transformToString()) ?? '';
    const record = v.safeParse(InvocationRecord, readJson(text));
    const event = v.safeParse(Event, record.success ? readJson(record.output.payload) : undefined);
    if (!record.success || !event.success) {
      const reason = `${key} is no invocation record of a stream`;
      return { contents: { kind: 'unreadable', text }, reason, since: LastModified };
    }
    const { condition, approximateInvokeCount } = record.output.requestContext;
    const records = event.output.Records.map(
      ({ eventID, kinesis }): LostRecord => ({
        eventId: eventID,
        partitionKey: kinesis.partitionKey,
        data: Buffer.from(kinesis.data, 'base64'),
      }),
    );
    return {
      contents: { kind: 'records', records },
      reason: `${condition} (tried ${approximateInvokeCount} times)`,
      since: new Date(record.output.timestamp),
    };
  }
}
