import { afterEach, expect, test, vi } from 'vitest';
import { readSettings } from '../../infra/read-settings.ts';
import { smokeTest } from './smoke-test.ts';

afterEach(() => void vi.restoreAllMocks());

const nowhere = { http: 'http://127.0.0.1:1/v1', webSocket: 'ws://127.0.0.1:1/v1' };
const nobody = { account: [], token: [] };

test.each([
  ['registration is closed. Name two users', { registration: 'closed' }, nobody],
  [
    'Give tokens of two of them',
    { web: false, auth: { issuer: 'https://id.example.com', audience: 'parley' } },
    nobody,
  ],
  [
    'Give tokens of two of them',
    { web: false, auth: { issuer: 'https://id.example.com', audience: 'parley' } },
    { account: ['alice:password'], token: [] },
  ],
])('says "%s" where nobody can chat', async (advice, definition, users) => {
  const said = vi.spyOn(console, 'log').mockReturnValue();
  await smokeTest(nowhere, readSettings('mine', definition), users);
  expect(said).toHaveBeenCalledExactlyOnceWith(expect.stringContaining(advice));
});
