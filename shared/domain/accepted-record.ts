import * as v from 'valibot';
import { AcceptedChange } from './accepted-change.ts';
import { AcceptedMessage } from './accepted-message.ts';

const AcceptedRecord = v.union([AcceptedMessage, AcceptedChange]);
/** What a record of the stream holds. */
export type AcceptedRecord = v.InferOutput<typeof AcceptedRecord>;

export function isChange(accepted: AcceptedRecord): accepted is AcceptedChange {
  return 'change' in accepted;
}

/** `undefined` where it is nothing of ours. @param json a record's data, as text */
export function readAccepted(json: string): AcceptedRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined; // No JSON, which no schema takes either.
  }
  const parsed = v.safeParse(AcceptedRecord, value);
  return parsed.success ? parsed.output : undefined;
}
