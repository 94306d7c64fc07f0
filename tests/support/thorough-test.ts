import { test } from 'vitest';

/** A test of so many cases that it takes seconds. Mutation testing, which runs tests a thousand times, does without it. */
export const thoroughTest = test.skipIf(process.env['PARLEY_MUTATION_TESTING'] !== undefined);
