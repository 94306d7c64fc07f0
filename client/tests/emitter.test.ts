import { expect, test, vi } from 'vitest';
import { Emitter } from '../src/emitter.ts';

type Events = { tick: number; tock: undefined };

test('calls each listener of that type, in order, until it is taken off', () => {
  const emitter = new Emitter<Events>();
  const heard: string[] = [];
  const listener = (tick: number) => heard.push(`first ${tick}`);
  const off = emitter.on('tick', listener);
  emitter.on('tick', (tick) => heard.push(`second ${tick}`));
  emitter.emit('tick', 1);
  emitter.emit('tock', undefined);
  off();
  off();
  emitter.emit('tick', 2);
  expect(heard).toEqual(['first 1', 'second 1', 'second 2']);
});

test('one listener that is given twice is called twice, and taken off once', () => {
  const emitter = new Emitter<Events>();
  const listener = vi.fn();
  const off = emitter.on('tick', listener);
  emitter.on('tick', listener);
  emitter.emit('tick', 1);
  off();
  emitter.emit('tick', 2);
  expect(listener.mock.calls).toEqual([[1], [1], [2]]);
});

test('a listener that throws stops nobody, and is not hushed up', () => {
  const later: (() => void)[] = [];
  vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((callback) => later.push(callback));
  const emitter = new Emitter<Events>();
  const heard: number[] = [];
  emitter.on('tick', () => {
    throw new Error('from the application');
  });
  emitter.on('tick', (tick) => heard.push(tick));
  emitter.emit('tick', 1);
  vi.restoreAllMocks();
  expect(heard).toEqual([1]);
  expect(later[0]).toThrow('from the application');
});

test('an iterator keeps what is not taken yet', async () => {
  const emitter = new Emitter<Events>();
  const ticks = emitter.events('tick');
  const first = ticks.next();
  for (const tick of [1, 2, 3]) emitter.emit('tick', tick);
  expect(await first).toEqual({ done: false, value: 1 });
  expect(await ticks.next()).toEqual({ done: false, value: 2 });
  emitter.endStreams();
  // What has come before the end is still given.
  expect(await ticks.next()).toEqual({ done: false, value: 3 });
  expect(await ticks.next()).toEqual({ done: true, value: undefined });
});

test('an iterator ends with break, with its signal, and with a signal that was given before', async () => {
  const emitter = new Emitter<Events>();
  const heard: number[] = [];
  const abort = new AbortController();
  const reading = (async () => {
    for await (const tick of emitter.events('tick', { signal: abort.signal })) heard.push(tick);
  })();
  emitter.emit('tick', 1);
  await Promise.resolve();
  abort.abort();
  await reading;
  emitter.emit('tick', 2);
  expect(heard).toEqual([1]);

  const aborted = emitter.events('tick', { signal: AbortSignal.abort() });
  expect(await aborted.next()).toEqual({ done: true, value: undefined });

  const left = emitter.events('tick');
  await left.return?.();
  emitter.emit('tick', 3);
  expect(await left.next()).toEqual({ done: true, value: undefined });
});
