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
            <pre>{invocation.log.map(({ line }) => line).join('\n')}</pre>
            <p class="note">
              {invocation.coldStart && 'Cold start. '}
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
  const { route, action, messageId, conversationId, records, jobs } = ownLine(invocation);
  const { error } = invocation;
  return [
    route,
    action,
    messageId,
    conversationId,
    records === undefined ? undefined : `records: ${records}`,
    jobs === undefined ? undefined : `jobs: ${jobs}`,
    error?.errorMessage,
  ]
    .filter((part) => part !== undefined)
    .join('  ');
}

/** The one line that each invocation writes about itself. */
function ownLine({ log }: InvocationView): Record<string, unknown> {
  const own = log.findLast(({ line }) => line.includes('"message":"invocation"'));
  return own === undefined ? {} : JSON.parse(own.line);
}
