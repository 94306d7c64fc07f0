import { randomInt } from 'node:crypto';

/** `GenerateSecretString` of AWS::SecretsManager::Secret. */
export type SecretStringSettings = {
  PasswordLength?: number;
  ExcludeCharacters?: string;
  ExcludeLowercase?: boolean;
  ExcludeUppercase?: boolean;
  ExcludeNumbers?: boolean;
  ExcludePunctuation?: boolean;
  IncludeSpace?: boolean;
  RequireEachIncludedType?: boolean;
  SecretStringTemplate?: string;
  GenerateStringKey?: string;
};

const LOWERCASE = 'abcdefghijklmnopqrstuvwxyz';
const UPPERCASE = LOWERCASE.toUpperCase();
const DIGITS = '0123456789';
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

/**
 * Secrets Manager's GetRandomPassword with its defaults (32 characters of all types, each of them at least once),
 * put under `GenerateStringKey` of the template where there is one.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html
 */
export function generateSecretString(
  settings: SecretStringSettings,
  draw: (below: number) => number = randomInt,
): string {
  const password = randomPassword(settings, draw);
  if (settings.GenerateStringKey === undefined || settings.SecretStringTemplate === undefined)
    return password;
  const template: unknown = JSON.parse(settings.SecretStringTemplate);
  if (typeof template !== 'object' || template === null)
    throw new Error('SecretStringTemplate must be a JSON object');
  return JSON.stringify({ ...template, [settings.GenerateStringKey]: password });
}

function randomPassword(settings: SecretStringSettings, draw: (below: number) => number): string {
  const excluded = new Set(settings.ExcludeCharacters ?? '');
  const types = [
    settings.ExcludeLowercase ? '' : LOWERCASE,
    settings.ExcludeUppercase ? '' : UPPERCASE,
    settings.ExcludeNumbers ? '' : DIGITS,
    settings.ExcludePunctuation ? '' : PUNCTUATION,
    settings.IncludeSpace ? ' ' : '',
  ]
    .map((characters) => [...characters].filter((character) => !excluded.has(character)))
    .filter((characters) => characters.length > 0);
  const alphabet = types.flat();
  if (alphabet.length === 0) throw new Error('GenerateSecretString excludes every character');

  const pick = (from: readonly string[]) => from[draw(from.length)] ?? '';
  const length = settings.PasswordLength ?? 32;
  const password = (settings.RequireEachIncludedType ?? true) ? types.slice(0, length).map(pick) : [];
  while (password.length < length) password.push(pick(alphabet));
  // Fisher–Yates, so that the required characters are not always the first ones.
  for (let index = password.length - 1; index > 0; index--) {
    const other = draw(index + 1);
    [password[index], password[other]] = [password[other] ?? '', password[index] ?? ''];
  }
  return password.join('');
}
