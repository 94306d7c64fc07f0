import { expect, test, vi } from 'vitest';

const derivations = vi.hoisted(() => ({ count: 0 }));
vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>();
  return {
    ...crypto,
    scrypt: (...args: Parameters<typeof crypto.scrypt>) => {
      derivations.count += 1;
      return crypto.scrypt(...args);
    },
  };
});

const { hashPassword, verifyPassword } = await import('./passwords.ts');

test('a password matches its hash and no other does', async () => {
  const hash = await hashPassword('correct horse');
  expect(await verifyPassword('correct horse', hash)).toBe(true);
  expect(await verifyPassword('correct horsf', hash)).toBe(false);
});

test('the same password hashes differently each time', async () => {
  expect(await hashPassword('correct horse')).not.toBe(await hashPassword('correct horse'));
});

test('a user who does not exist costs the same work and never matches', async () => {
  const before = derivations.count;
  expect(await verifyPassword('', undefined)).toBe(false);
  expect(derivations.count - before).toBe(1);
});
