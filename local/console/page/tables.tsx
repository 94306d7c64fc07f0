import { useEffect, useState } from 'preact/hooks';
import type { TablePage, TableView } from '../console-api.ts';
import { askOnce } from './poll.ts';
import { Trouble } from './trouble.tsx';

export function Tables({ startWith }: { startWith: URLSearchParams }) {
  const [names, setNames] = useState<string[]>([]);
  const name = startWith.get('name') ?? names[0];
  useEffect(() => {
    askOnce<{ items: TableView[] }>('tables').then(
      (answer) => setNames(answer.items.map((table) => table.name)),
      () => setNames([]),
    );
  }, []);
  return (
    <div class="with-list">
      <nav aria-label="Tables">
        <ul>
          {names.map((each) => (
            <li key={each}>
              <a href={`#tables?name=${each}`} aria-current={each === name ? 'page' : undefined}>
                {each}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      {name !== undefined && <Table key={name} name={name} />}
    </div>
  );
}

function Table({ name }: { name: string }) {
  /** Cursors of the pages before this one and of this one. */
  const [cursors, setCursors] = useState<(string | null)[]>([null]);
  const [page, setPage] = useState<TablePage>();
  const [error, setError] = useState<string>();
  const [key, setKey] = useState('');
  const cursor = cursors.at(-1) ?? null;
  useEffect(() => {
    const query = new URLSearchParams({ ...(cursor !== null && { cursor }), ...(key !== '' && { key }) });
    askOnce<TablePage>(`tables/${name}?${query}`).then(
      (answer) => {
        setPage(answer);
        setError(undefined);
      },
      (failure) => setError(String(failure)),
    );
  }, [name, cursor, key]);
  if (page === undefined) return <Trouble error={error} />;
  const columns = columnsOf(page);
  return (
    <section>
      <Trouble error={error} />
      <h2>{name}</h2>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <label>
          Only of this {page.table.partitionKey}
          <input
            type="search"
            value={key}
            onChange={({ currentTarget }) => {
              setCursors([null]);
              setKey(currentTarget.value.trim());
            }}
          />
        </label>
      </form>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse must be able to scroll it too. */}
      <section class="wide" aria-label={`Items of ${name}`} tabIndex={0}>
        <table>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {page.items.map((item) => (
              <tr
                key={keysOf(page)
                  .map((key) => item[key])
                  .join(' ')}
              >
                {columns.map((column) => (
                  <td key={column}>{shown(item[column])}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {page.items.length === 0 && <p class="empty">Nothing here.</p>}
      <p class="pages">
        <button
          type="button"
          disabled={cursors.length === 1}
          onClick={() => setCursors(cursors.slice(0, -1))}
        >
          Before
        </button>
        <span>page {cursors.length}</span>
        <button
          type="button"
          disabled={page.nextCursor === null}
          onClick={() => page.nextCursor !== null && setCursors([...cursors, page.nextCursor])}
        >
          Next
        </button>
      </p>
    </section>
  );
}

/** The keys first, then whatever any of the items has. */
function columnsOf(page: TablePage): string[] {
  return [...new Set([...keysOf(page), ...page.items.flatMap((item) => Object.keys(item).sort())])];
}

function keysOf({ table }: TablePage): string[] {
  return table.sortKey === null ? [table.partitionKey] : [table.partitionKey, table.sortKey];
}

function shown(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' || typeof value === 'number' ? String(value) : JSON.stringify(value);
}
