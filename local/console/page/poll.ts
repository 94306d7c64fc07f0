import { useEffect, useState } from 'preact/hooks';

const intervalMs = 1_000;

export type Polled<T> = { answer: T | undefined; error: string | undefined };

/** Asks again each second while the page is looked at; what was answered last stays when an answer fails. */
export function usePolled<T>(path: string, isPaused = false): Polled<T> {
  const [state, setState] = useState<Polled<T> & { path: string }>({
    path,
    answer: undefined,
    error: undefined,
  });
  useEffect(() => {
    let ended = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      if (!document.hidden) {
        try {
          const answer = await askOnce<T>(path);
          if (!ended) setState({ path, answer, error: undefined });
        } catch (error) {
          if (!ended) setState((last) => ({ ...last, error: String(error) }));
        }
      }
      if (!ended && !isPaused) timer = setTimeout(ask, intervalMs);
    };
    void ask();
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }, [path, isPaused]);
  // The answer to another question is none to this one.
  return state.path === path ? state : { answer: undefined, error: undefined };
}

export async function askOnce<T>(path: string): Promise<T> {
  const response = await fetch(`/_local/api/${path}`);
  if (!response.ok) throw new Error(`${response.status} ${(await response.json()).message}`);
  return response.json();
}
