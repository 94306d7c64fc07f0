/** What the lines about one message say, in the order in which it happened. */
import type { LogLine } from './log-lines.ts';

export type Happening = { at: number; what: string };

const steps = ['stored', 'recognised', 'changed', 'refused', 'pushed'] as const;
/** What a message is sent by; other routes change it. */
const sending = new Set(['sendMessage', 'POST /messages']);

export function happeningsIn(lines: LogLine[], messageId: string): Happening[] {
  return lines
    .filter((line) => line['message'] === 'invocation')
    .flatMap((line) => invocationHappenings(line, messageId))
    .concat(lines.filter((line) => line['level'] === 'WARN' || line['level'] === 'ERROR').map(trouble));
}

/** Whoever sent it, as the function that accepted it knew. */
export function senderIn(lines: LogLine[], messageId: string): string | undefined {
  const line = lines.find(
    (one) =>
      one['messageId'] === messageId &&
      typeof one['userId'] === 'string' &&
      sending.has(String(one['route'])),
  );
  return line === undefined ? undefined : String(line['userId']);
}

function invocationHappenings(line: LogLine, messageId: string): Happening[] {
  const ended = Date.parse(String(line['timestamp']));
  const began = ended - Number(line['durationMs'] ?? 0);
  const service = String(line['service']);
  if (line['messageId'] === messageId) {
    const from = line['connectionId'] === undefined ? '' : ` on connection ${line['connectionId']}`;
    const outcome =
      line['outcome'] === 'ok' ? 'accepted: durable in the stream' : `refused: ${line['outcome']}`;
    return [
      { at: began, what: `${line['route']} received by ${service} from ${line['userId']}${from}` },
      { at: ended, what: `${outcome} (request ${line['requestId']})` },
    ];
  }
  const happenings = steps.flatMap((step) => {
    const items = ofMessage(line[step], messageId);
    if (items.length === 0) return [];
    return [{ at: ended, what: `${service} ${describe(step, items)}, by the end of its invocation` }];
  });
  if (happenings.length === 0) return [];
  return [
    { at: began, what: `${service} began with ${line['records'] ?? line['jobs']} in its batch` },
    ...happenings,
  ];
}

function describe(step: (typeof steps)[number], items: LogLine[]): string {
  const [first = {}] = items;
  if (step === 'stored') return `stored it, as ${first['seq']} of ${first['conversationId']}`;
  if (step === 'recognised') return `recognised it as stored before, as ${first['seq']}`;
  if (step === 'changed') return `changed it, which is revision ${first['revision']} of its conversation`;
  if (step === 'refused') return `refused it: ${first['code']}`;
  const connections = items.map((item) => String(item['connectionId']));
  return `pushed it to ${connections.length} connections: ${connections.join(', ')}`;
}

/** The items that name the message. A push names the newest message of its frame, so an older one may not be found. */
function ofMessage(items: unknown, messageId: string): LogLine[] {
  if (!Array.isArray(items)) return [];
  return items.filter(
    (item: unknown): item is LogLine =>
      typeof item === 'object' && item !== null && 'messageId' in item && item.messageId === messageId,
  );
}

function trouble(line: LogLine): Happening {
  return {
    at: Date.parse(String(line['timestamp'])),
    what: `${line['service']} warned: ${line['message']}`,
  };
}

export function timelineText(happenings: Happening[]): string[] {
  const sorted = [...happenings].sort((one, other) => one.at - other.at);
  const start = sorted[0]?.at ?? 0;
  return sorted.map(({ at, what }, index) => {
    const sincePrevious = at - (sorted[index - 1]?.at ?? at);
    const times = `${new Date(at).toISOString()}  ${String(at - start).padStart(6)} ms  ${`+${sincePrevious}`.padStart(6)}`;
    return `${times}  ${what}`;
  });
}
