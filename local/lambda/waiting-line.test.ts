import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Urgency, WaitingLine } from './waiting-line.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const anyone = () => true;

function lineOf(bounds: { maxWaiting?: number; patienceMilliseconds?: number } = {}) {
  const refused: string[] = [];
  const line = new WaitingLine<string>({
    maxWaiting: 2,
    patienceMilliseconds: 1_000,
    onRefused: (item) => refused.push(item),
    ...bounds,
  });
  const everyone = () => {
    const left: string[] = [];
    for (let next = line.next(anyone); next !== undefined; next = line.next(anyone)) left.push(next);
    return left;
  };
  return { line, refused, everyone };
}

describe('a waiting line', () => {
  test('lets sockets connect first, then answers requests, then hands out events', () => {
    const { line, everyone } = lineOf();
    for (const [item, urgency] of [
      ['event', 'event'],
      ['request', 'request'],
      ['connecting', 'connecting'],
      ['another request', 'request'],
    ] as const)
      line.join(item, urgency);
    expect(everyone()).toEqual(['connecting', 'request', 'another request', 'event']);
  });

  test('passes over who may not go yet', () => {
    const { line, everyone } = lineOf();
    for (const item of ['a1', 'b1']) line.join(item, 'request');
    expect(line.next((item) => item.startsWith('b'))).toBe('b1');
    expect(line.next((item) => item.startsWith('b'))).toBeUndefined();
    expect(everyone()).toEqual(['a1']);
  });

  test('refuses who finds it full; sockets that connect have a line of their own', () => {
    const { line, refused, everyone } = lineOf();
    for (const item of ['one', 'two', 'three']) line.join(item, 'request');
    line.join('socket', 'connecting');
    expect(refused).toEqual(['three']);
    expect(everyone()).toEqual(['socket', 'one', 'two']);
  });

  test('refuses who has waited too long, once, and nobody who has left', () => {
    const { line, refused, everyone } = lineOf();
    line.join('gone', 'request');
    line.join('patient', 'request');
    line.next(anyone);
    vi.advanceTimersByTime(999);
    expect(refused).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(refused).toEqual(['patient']);
    expect(everyone()).toEqual([]);
    vi.advanceTimersByTime(10_000);
    expect(refused).toEqual(['patient']);
  });

  test('keeps events, however many and however long', () => {
    const { line, refused, everyone } = lineOf();
    const events = Array.from({ length: 10 }, (_, index) => `event ${index}`);
    for (const event of events) line.join(event, 'event');
    vi.advanceTimersByTime(3_600_000);
    expect(refused).toEqual([]);
    expect(everyone()).toEqual(events);
  });

  test('gives everyone back when it is cleared', () => {
    const { line, refused, everyone } = lineOf();
    line.join('a', 'event');
    line.join('b', 'connecting');
    expect(line.clear()).toEqual(['b', 'a']);
    vi.advanceTimersByTime(10_000);
    expect(refused).toEqual([]);
    expect(everyone()).toEqual([]);
  });

  test('loses nobody and tells nobody twice, whatever the order of coming, waiting and going', () => {
    const urgency = fc.constantFrom<Urgency>('connecting', 'request', 'event');
    const step = fc.oneof(
      urgency.map((of) => ({ joins: of })),
      fc.constant('goes' as const),
      fc.nat({ max: 700 }).map((milliseconds) => ({ milliseconds })),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { line, refused, everyone } = lineOf({ maxWaiting: 4 });
        const joined: string[] = [];
        const gone: string[] = [];
        for (const one of steps) {
          if (one === 'goes') gone.push(...[line.next(anyone) ?? []].flat());
          else if ('milliseconds' in one) vi.advanceTimersByTime(one.milliseconds);
          else {
            joined.push(String(joined.length));
            line.join(joined.at(-1) ?? '', one.joins);
          }
        }
        expect([...gone, ...refused, ...everyone()].sort()).toEqual(joined.sort());
      }),
    );
  });
});
