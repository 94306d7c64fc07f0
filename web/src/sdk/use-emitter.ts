import type { Unsubscribe } from '@parley/client';
import { useLayoutEffect, useReducer } from 'preact/hooks';

type Source<Type> = { on(type: Type, listener: () => void): Unsubscribe };

/** Renders the component again after each of these events; what it shows is read from the SDK while rendering. */
export function useEmitter<Type extends string>(emitter: Source<Type> | undefined, ...types: Type[]): void {
  const [, renderAgain] = useReducer((count: number, _: undefined) => count + 1, 0);
  const key = types.join();
  // A layout effect, so that no event can come between the rendering and the listening.
  useLayoutEffect(() => {
    const stops = types.map((type) => emitter?.on(type, () => renderAgain(undefined)));
    return () => {
      for (const stop of stops) stop?.();
    };
  }, [emitter, key]);
}
