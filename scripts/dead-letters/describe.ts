/** Dead letters as a person reads them. What was said in a message is shown only where it was asked for. */
import { isChange, readAccepted } from '../../shared/domain/accepted-record.ts';
import type { Contents, DeadLetter, LostRecord } from './dead-letter.ts';

export function lineOf({ id, place, since, size, reason }: DeadLetter): string {
  const [first = '-', ...others] = size.partitionKeys;
  const where = others.length === 0 ? first : `${first} and ${others.length} more`;
  return [
    id,
    since?.toISOString() ?? '-',
    place,
    `${size.records} ${size.records === 1 ? 'record' : 'records'}`,
    where,
    reason,
  ].join('  ');
}

export function pageOf(letter: DeadLetter, contents: Contents, withContent: boolean): string {
  const { id, place, reason, since } = letter;
  const head = {
    'dead letter': id,
    waits: `in the ${place}`,
    since: since?.toISOString() ?? 'unknown',
    reason,
  };
  return [fields(head), ...bodiesOf(contents, withContent).map(fields)].join('\n\n');
}

function bodiesOf(contents: Contents, withContent: boolean): Record<string, unknown>[] {
  if (contents.kind === 'job') return [contents.job];
  if (contents.kind === 'records') return contents.records.map((record) => recordFields(record, withContent));
  const { text } = contents;
  return [{ bytes: Buffer.byteLength(text), ...(withContent && { text: printable(text) }) }];
}

function recordFields({ eventId, partitionKey, data }: LostRecord, withContent: boolean) {
  const text = Buffer.from(data).toString('utf8');
  const accepted = readAccepted(text);
  const common = { record: eventId, 'partition key': partitionKey, bytes: data.length };
  if (accepted === undefined) {
    return { ...common, message: 'cannot be read', ...(withContent && { text: printable(text) }) };
  }
  if (isChange(accepted)) {
    const { change, ...rest } = accepted;
    return { ...common, ...rest, change: change.type, ...(withContent && { what: JSON.stringify(change) }) };
  }
  const { content, ...rest } = accepted;
  return { ...common, ...rest, ...(withContent && { content: printable(content) }) };
}

/** Whoever sent it did not mean it for this terminal. */
function printable(text: string): string {
  return JSON.stringify(text);
}

function fields(values: Record<string, unknown>): string {
  const width = Math.max(...Object.keys(values).map((name) => name.length));
  return Object.entries(values)
    .map(([name, value]) => `${name.padEnd(width)}  ${value}`)
    .join('\n');
}
