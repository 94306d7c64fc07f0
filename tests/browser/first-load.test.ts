import { afterAll, beforeAll, expect, test } from 'vitest';
import { SCRIPT_LIMIT } from '../../scripts/build-web.ts';
import { securityHeaders } from '../../shared/web/security-headers.ts';
import { WebParley } from './support/web-parley.ts';

let parley: WebParley;

beforeAll(async () => {
  parley = await WebParley.start();
});
afterAll(() => parley?.close());

test('the first load takes few bytes of script, from this origin only, and keeps what never changes', async () => {
  const chat = await parley.device();
  const requests: { url: string; type: string; bytes: number; cache: string }[] = [];
  chat.page.on('requestfinished', async (request) => {
    const [sizes, response] = await Promise.all([request.sizes(), request.response()]);
    requests.push({
      url: request.url(),
      type: request.resourceType(),
      bytes: sizes.responseBodySize,
      cache: response?.headers()['cache-control'] ?? '',
    });
  });
  await chat.page.reload({ waitUntil: 'networkidle' });
  const scripts = requests.filter(({ type }) => type === 'script');
  expect(scripts.length).toBeGreaterThan(0);
  expect(scripts.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(SCRIPT_LIMIT);
  for (const { url, cache } of requests) {
    expect(new URL(url).origin).toBe(parley.url);
    expect(cache).toBe(url.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache');
  }
});

test('every answer carries the security headers', async () => {
  for (const path of ['/', '/favicon.svg']) {
    const { headers } = await fetch(parley.url + path);
    for (const [name, value] of Object.entries(securityHeaders)) expect(headers.get(name), name).toBe(value);
  }
  expect((await fetch(`${parley.url}/assets/not-there.js`)).status).toBe(404);
  expect((await fetch(parley.url, { method: 'POST' })).status).toBe(404);
});

test('until the application draws, the page is empty and in the colours of its theme', async () => {
  const chat = await parley.device(undefined, { colorScheme: 'dark' });
  await chat.page.route('**/assets/*.js', () => {});
  await chat.page.reload({ waitUntil: 'commit' });
  await chat.page.locator('#app').waitFor({ state: 'attached' });
  expect(await chat.page.locator('#app').innerHTML()).toBe('');
  await expect
    .poll(() => chat.page.evaluate('getComputedStyle(document.documentElement).backgroundColor'))
    .toBe('rgb(19, 23, 22)');
});
