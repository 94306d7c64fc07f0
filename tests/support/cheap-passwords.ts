/**
 * Loaded into the functions before their own code: the password hash without its cost, which a deployment wants and
 * a test that needs a hundred users does not. tests/e2e/registration.test.ts runs the real one.
 */
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

const { scrypt } = crypto;

crypto.scrypt = ((
  password: string,
  salt: Buffer,
  keyBytes: number,
  options: crypto.ScryptOptions,
  callback: (error: Error | null, key: Buffer) => void,
) => {
  scrypt(password, salt, keyBytes, { ...options, N: 2 }, callback);
}) as typeof scrypt; // The one of its overloads that Parley calls.

syncBuiltinESMExports();
