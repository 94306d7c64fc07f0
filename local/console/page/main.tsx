import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Invocations } from './invocations.tsx';
import { Overview } from './overview.tsx';
import { Tables } from './tables.tsx';
import './console.css';

const views = { overview: 'Overview', invocations: 'Invocations', tables: 'Tables' } as const;

function Console() {
  const { view, query } = useHash();
  return (
    <>
      <header>
        <h1>Parley on this machine</h1>
        <nav aria-label="Views">
          {Object.entries(views).map(([name, label]) => (
            <a key={name} href={`#${name}`} aria-current={name === view ? 'page' : undefined}>
              {label}
            </a>
          ))}
        </nav>
        <a class="away" href="/">
          Web client
        </a>
      </header>
      <main>
        {view === 'invocations' && <Invocations key={query.toString()} startWith={query} />}
        {view === 'tables' && <Tables startWith={query} />}
        {view === 'overview' && <Overview />}
      </main>
    </>
  );
}

/** `#invocations?function=…` names a view and what it begins with, so that a link or a reload leads there again. */
function useHash(): { view: string; query: URLSearchParams } {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const follow = () => setHash(location.hash);
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  const [view = '', query = ''] = hash.slice(1).split('?');
  return { view: view in views ? view : 'overview', query: new URLSearchParams(query) };
}

const root = document.getElementById('console');
if (root !== null) render(<Console />, root);
