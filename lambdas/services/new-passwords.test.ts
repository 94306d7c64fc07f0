import { expect, test } from 'vitest';
import { limits } from '../../shared/protocol/limits.ts';
import { commonPasswords } from './common-passwords.ts';
import { refuseWeakPassword } from './new-passwords.ts';

const refusal = (password: string, username = 'jane.doe') => {
  try {
    refuseWeakPassword('password', password, username);
    return undefined;
  } catch (error) {
    return error;
  }
};

test.each(['password', 'Password1', '12345678', 'QWERTYUIOP', 'iloveyou'])('%s is too common', (password) => {
  expect(refusal(password)).toMatchObject({
    code: 'BAD_REQUEST',
    message:
      'password: must not be one of the most common passwords. Several words in a row make a good one.',
  });
});

test.each<[password: string, username?: string]>([
  ['jane.doe'],
  ['Jane.Doe'],
  ['jane.doe1'],
  ['123jane.doe'],
  ['jane.doejane.doe'],
  ['jane.doe', 'jane.doe.of.berlin'],
  ['annannann', 'ann'],
])('%s is too close to a username', (password, username) => {
  expect(refusal(password, username)).toMatchObject({
    code: 'BAD_REQUEST',
    message: 'password: must not be the username, or little more. Several words in a row make a good one.',
  });
});

test.each<[password: string, username?: string]>([
  ['correct horse'],
  ['jane.doe and a horse'],
  ['my passwords are mine'],
  ['cannot guess', 'ann'],
  ['пароль 1'],
])('%s may be chosen', (password, username) => {
  expect(refusal(password, username)).toBeUndefined();
});

test('what is listed could be chosen otherwise, and is as it is looked for', () => {
  expect(commonPasswords.size).toBe(2_000);
  for (const password of commonPasswords) {
    expect(password.length).toBeGreaterThanOrEqual(limits.passwordCharacters.min);
    expect(password).toBe(password.toLowerCase().normalize('NFC'));
  }
});
