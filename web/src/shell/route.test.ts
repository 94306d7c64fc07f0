import { expect, test } from 'vitest';
import { hashOf, parseRoute, type Route } from './route.ts';

test.each<[string, Route]>([
  ['', { details: false }],
  ['#/', { details: false }],
  ['#/c/cnv_a-1', { conversationId: 'cnv_a-1', details: false }],
  ['#/c/cnv_a-1/details', { conversationId: 'cnv_a-1', details: true }],
  ['#/c/', { details: false }],
  ['#/c/a/b', { details: false }],
  [`#/c/${'x'.repeat(65)}`, { details: false }],
  ['#/c/<script>', { details: false }],
])('%s', (hash, route) => expect(parseRoute(hash)).toEqual(route));

test('each route leads to itself', () => {
  for (const route of [
    { details: false },
    { conversationId: 'c', details: false },
    { conversationId: 'c', details: true },
  ])
    expect(parseRoute(hashOf(route))).toEqual(route);
});
