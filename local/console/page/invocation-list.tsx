import type { InvocationView } from '../console-api.ts';
import { milliseconds } from './numbers.ts';

export function InvocationList({ invocations }: { invocations: InvocationView[] }) {
  return (
    <ol class="invocations">
      {invocations.map((invocation) => (
        <li key={invocation.invocationId}>
          <details>
            <summary>
              <time dateTime={invocation.startedAt}>{invocation.startedAt.slice(11, 23)}</time>
              <b>{invocation.function}</b>
              <Outcome invocation={invocation} />
              <span class="number">{milliseconds(invocation.durationMilliseconds)}</span>
              <span class="gist">{gist(invocation)}</span>
            </summary>
            <Related line={ownLine(invocation)} />
            <pre>{invocation.log.map(({ line }) => legible(line)).join('\n')}</pre>
            <p class="note">
              {invocation.invocationId}. {invocation.coldStart && 'Cold start. '}
              {Object.entries(invocation.awsCalls)
                .map(([call, times]) => `${times} × ${call}`)
                .join(', ')}
            </p>
          </details>
        </li>
      ))}
    </ol>
  );
}

function Outcome({ invocation }: { invocation: InvocationView }) {
  const outcome = invocation.error?.errorType ?? ownLine(invocation)['outcome'] ?? 'runs';
  return (
    <span class={outcome === 'ok' || outcome === 'runs' ? 'outcome' : 'outcome bad'}>{String(outcome)}</span>
  );
}

/** What tells one invocation from the next. */
function gist(invocation: InvocationView): string {
  const { route, action, messageId, conversationId, records, jobs, stored } = ownLine(invocation);
  const { error } = invocation;
  return [
    route,
    action,
    messageId,
    conversationId,
    records === undefined ? undefined : `records: ${records}`,
    only(stored),
    jobs === undefined ? undefined : `jobs: ${jobs}`,
    error?.errorMessage,
  ]
    .filter((part) => part !== undefined)
    .join('  ');
}

/** The message of a batch that stored just one. */
function only(stored: unknown): unknown {
  if (!Array.isArray(stored) || stored.length !== 1) return undefined;
  const [one]: { messageId?: unknown }[] = stored; // As lambdas/services/hop.ts has them logged.
  return one?.messageId;
}

/** The one line that each invocation writes about itself. */
function ownLine({ log }: InvocationView): Record<string, unknown> {
  return log.map(({ line }) => fieldsOf(line)).findLast((line) => line['message'] === 'invocation') ?? {};
}

/** To whatever else was done for the same message, and so on. */
function Related({ line }: { line: Record<string, unknown> }) {
  const known = ['messageId', 'conversationId', 'requestId'].filter((name) => typeof line[name] === 'string');
  if (known.length === 0) return null;
  return (
    <p class="related">
      {known.map((name) => (
        <a key={name} href={`#invocations?${new URLSearchParams({ [name]: String(line[name]) })}`}>
          {name} {String(line[name])}
        </a>
      ))}
    </p>
  );
}

function legible(line: string): string {
  const fields = fieldsOf(line);
  if (Object.keys(fields).length === 0) return line;
  const { _aws, stage, ...metrics } = fields;
  if (_aws === undefined) return JSON.stringify(fields, null, 2);
  // The embedded metric format says more about the metrics than what they are.
  return Object.entries(metrics)
    .map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
    .join('\n');
}

/** None of what is no JSON object: a program may write what it likes, and a very long line is cut. */
function fieldsOf(line: string): Record<string, unknown> {
  if (!line.startsWith('{')) return {};
  try {
    return JSON.parse(line);
  } catch {
    return {};
  }
}
