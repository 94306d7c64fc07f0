import { useState } from 'preact/hooks';
import type { InvocationPage, Overview } from '../console-api.ts';
import { InvocationList } from './invocation-list.tsx';
import { usePolled } from './poll.ts';
import { Trouble } from './trouble.tsx';

const idNames = ['messageId', 'conversationId', 'requestId'] as const;

export function Invocations({ startWith }: { startWith: URLSearchParams }) {
  const given = idNames.find((name) => startWith.has(name)) ?? 'messageId';
  const [functionName, setFunctionName] = useState(startWith.get('function') ?? '');
  const [idName, setIdName] = useState<string>(given);
  const [id, setId] = useState(startWith.get(given) ?? '');
  const [failed, setFailed] = useState(false);
  const [isPaused, setPaused] = useState(false);
  const [older, setOlder] = useState<{ filter: string; before: number }>();
  const query = new URLSearchParams({
    ...(functionName !== '' && { function: functionName }),
    ...(id !== '' && { [idName]: id }),
    ...(failed && { failed: 'true' }),
    limit: '100',
  });
  const filter = query.toString();
  // Another filter begins at its newest again.
  const isOlder = older?.filter === filter;
  if (isOlder) query.set('before', String(older.before));
  const { answer, error } = usePolled<InvocationPage>(`invocations?${query}`, isPaused);
  const nextBefore = answer?.nextBefore;
  const overview = usePolled<Overview>('overview', true).answer;
  return (
    <>
      <Trouble error={error} />
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <label>
          Function
          <select value={functionName} onChange={({ currentTarget }) => setFunctionName(currentTarget.value)}>
            <option value="">all</option>
            {(overview?.functions ?? []).map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          Kind of id
          <select value={idName} onChange={({ currentTarget }) => setIdName(currentTarget.value)}>
            {idNames.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label class="grows">
          Id
          <input
            type="search"
            value={id}
            onInput={({ currentTarget }) => setId(currentTarget.value.trim())}
          />
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={failed}
            onChange={({ currentTarget }) => setFailed(currentTarget.checked)}
          />
          only with trouble
        </label>
        <button type="button" aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>
          {isPaused ? 'Go on' : 'Pause'}
        </button>
      </form>
      {answer?.items.length === 0 && <p class="empty">No such invocation among the latest.</p>}
      <InvocationList invocations={answer?.items ?? []} />
      <p class="pages">
        {isOlder && (
          <button type="button" onClick={() => setOlder(undefined)}>
            Newest
          </button>
        )}
        {typeof nextBefore === 'number' && (
          <button type="button" onClick={() => setOlder({ filter, before: nextBefore })}>
            Older
          </button>
        )}
      </p>
    </>
  );
}
