import { ParleyError } from '../../shared/protocol/errors.ts';
import { characters } from '../../shared/protocol/values.ts';
import { commonPasswords } from './common-passwords.ts';

/** What is left of a password without the username in it must have as many characters. */
const ownCharacters = 4;

const advice = 'Several words in a row make a good one.';

/**
 * Throws `BAD_REQUEST` for a password that would be among the first to be tried: a common one, or the username with little more
 * (NIST SP 800-63B-4, section 3.1.1.2). Case makes no difference.
 *
 * @param field names it in the error
 */
export function refuseWeakPassword(
  field: 'password' | 'newPassword',
  password: string,
  username: string,
): void {
  const lower = password.toLowerCase();
  if (commonPasswords.has(lower)) {
    throw new ParleyError('BAD_REQUEST', `${field}: must not be one of the most common passwords. ${advice}`);
  }
  const rest = lower.replaceAll(username, '');
  if (username.includes(lower) || (rest !== lower && characters(rest) < ownCharacters)) {
    throw new ParleyError('BAD_REQUEST', `${field}: must not be the username, or little more. ${advice}`);
  }
}
