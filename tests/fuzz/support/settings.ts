/** How long and from where to fuzz: scripts/fuzz.ts says so in the environment. */

const minutes = process.env['PARLEY_FUZZ_MINUTES'];
const seed = process.env['PARLEY_FUZZ_SEED'];
const path = process.env['PARLEY_FUZZ_PATH'];

/** Without a seed the same cases each time: `npm test` passes or fails by the code, and `npm run fuzz` draws new ones. */
const seedOfTests = 20_261_124;

export const settings = {
  /** Undefined where a fixed number of cases runs. */
  minutes: minutes === undefined ? undefined : Number(minutes),
  seed: seed === undefined ? seedOfTests : Number(seed),
  /** The place of one case among those of the seed, as fast-check printed it. */
  path,
};
