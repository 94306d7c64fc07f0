import { afterEach, expect, test, vi } from 'vitest';
import { browserSignals } from '../src/signals.ts';

afterEach(() => vi.unstubAllGlobals());

test('hears the network and the tab of a browser, until it is told to stop', () => {
  const page = new EventTarget();
  const document = Object.assign(new EventTarget(), { visibilityState: 'hidden' });
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
  vi.stubGlobal('document', document);
  const told: string[] = [];
  const stop = browserSignals.watch({ up: () => told.push('up'), down: () => told.push('down') });

  page.dispatchEvent(new Event('offline'));
  page.dispatchEvent(new Event('online'));
  document.dispatchEvent(new Event('visibilitychange'));
  expect(told).toEqual(['down', 'up']);
  document.visibilityState = 'visible';
  document.dispatchEvent(new Event('visibilitychange'));
  page.dispatchEvent(new Event('pageshow'));
  expect(told).toEqual(['down', 'up', 'up', 'up']);

  stop();
  page.dispatchEvent(new Event('online'));
  document.dispatchEvent(new Event('visibilitychange'));
  expect(told).toHaveLength(4);
});

test('tells nothing where there is no browser', () => {
  const tell = { up: vi.fn(), down: vi.fn() };
  browserSignals.watch(tell)();
  expect(tell.up).not.toHaveBeenCalled();
});
