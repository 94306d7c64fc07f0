/**
 * Loaded into the functions before their own code: prints a line for each password hash that is computed, with its
 * cost, so that a test can tell how much work an answer took without measuring time.
 */
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

export const scryptLine = 'scrypt computed ';

const { scrypt } = crypto;

crypto.scrypt = ((
  password: string,
  salt: Buffer,
  keyBytes: number,
  options: crypto.ScryptOptions,
  callback: (error: Error | null, key: Buffer) => void,
) => {
  scrypt(password, salt, keyBytes, options, (error, key) => {
    console.log(`${scryptLine}${JSON.stringify({ ...options, keyBytes, saltBytes: salt.length })}`);
    callback(error, key);
  });
}) as typeof scrypt; // The one of its overloads that Parley calls.

syncBuiltinESMExports();
