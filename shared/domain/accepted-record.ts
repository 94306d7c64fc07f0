import * as v from 'valibot';
import { AcceptedChange } from './accepted-change.ts';
import { AcceptedMessage } from './accepted-message.ts';

const AcceptedRecord = v.union([AcceptedMessage, AcceptedChange]);
/** What a record of the stream holds. */
export type AcceptedRecord = v.InferOutput<typeof AcceptedRecord>;

export function isChange(accepted: AcceptedRecord): accepted is AcceptedChange {
  return 'change' in accepted;
}

const AcceptedJson = v.pipe(v.string(), v.parseJson(), AcceptedRecord);

/** `undefined` where it is nothing of ours. @param json a record's data, as text */
export function readAccepted(json: string): AcceptedRecord | undefined {
  const parsed = v.safeParse(AcceptedJson, json);
  return parsed.success ? parsed.output : undefined;
}
