import fc from 'fast-check';
import { expect, test } from 'vitest';
import { generateSecretString } from './secret-string.ts';

const types = {
  ExcludeLowercase: /[a-z]/,
  ExcludeUppercase: /[A-Z]/,
  ExcludeNumbers: /[0-9]/,
  ExcludePunctuation: /[!-/:-@[-`{-~]/,
} as const;

test('has 32 characters of every type by default', () => {
  const secret = generateSecretString({});
  expect(secret).toHaveLength(32);
  for (const pattern of Object.values(types)) expect(secret).toMatch(pattern);
  expect(secret).not.toContain(' ');
});

test('goes under GenerateStringKey of the template', () => {
  const secret = generateSecretString({
    SecretStringTemplate: '{"username":"parley"}',
    GenerateStringKey: 'current',
    PasswordLength: 64,
    ExcludePunctuation: true,
  });
  expect(JSON.parse(secret)).toEqual({
    username: 'parley',
    current: expect.stringMatching(/^[A-Za-z0-9]{64}$/),
  });
});

test('keeps to the settings, whatever they are', () => {
  fc.assert(
    fc.property(
      fc.record({
        PasswordLength: fc.integer({ min: 8, max: 128 }),
        ExcludeCharacters: fc.string({ maxLength: 20 }),
        ExcludeLowercase: fc.boolean(),
        ExcludeUppercase: fc.boolean(),
        ExcludeNumbers: fc.boolean(),
        IncludeSpace: fc.boolean(),
      }),
      (settings) => {
        const secret = generateSecretString(settings);
        expect(secret).toHaveLength(settings.PasswordLength);
        for (const character of settings.ExcludeCharacters) expect(secret).not.toContain(character);
        if (settings.ExcludeLowercase) expect(secret).not.toMatch(types.ExcludeLowercase);
        if (settings.ExcludeUppercase) expect(secret).not.toMatch(types.ExcludeUppercase);
        if (settings.ExcludeNumbers) expect(secret).not.toMatch(types.ExcludeNumbers);
        if (!settings.IncludeSpace) expect(secret).not.toContain(' ');
      },
    ),
  );
});

test('refuses to draw from nothing', () => {
  const nothing = {
    ExcludeLowercase: true,
    ExcludeUppercase: true,
    ExcludeNumbers: true,
    ExcludePunctuation: true,
  };
  expect(() => generateSecretString(nothing)).toThrow('excludes every character');
});
