import { expect, test } from 'vitest';
import { typingWords } from './typing-words.ts';

test.each([
  [[], ''],
  [['Bob'], 'Bob is writing…'],
  [['Bob', 'Carol'], 'Bob and Carol are writing…'],
  [['Bob', 'Carol', 'Dan'], 'Several people are writing…'],
])('of %o is said "%s"', (names, words) => {
  expect(typingWords(names)).toBe(words);
});
