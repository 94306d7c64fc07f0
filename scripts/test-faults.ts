/** `npm run test:faults -- --runs N [--seed S]`: the fault schedules of tests/faults, as many as wanted. */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '1000' }, seed: { type: 'string' } },
});
if (!/^[1-9]\d*$/.test(values.runs) || !/^-?\d+$/.test(values.seed ?? '0')) {
  console.error(
    'Usage: npm run test:faults -- [--runs N] [--seed S], with N at least 1 and S as fast-check printed it',
  );
  process.exit(1);
}
const { status } = spawnSync('vitest', ['run', 'tests/faults'], {
  stdio: 'inherit',
  env: {
    ...process.env,
    PARLEY_FAULT_RUNS: values.runs,
    ...(values.seed !== undefined && { PARLEY_FAULT_SEED: values.seed }),
  },
});
process.exit(status ?? 1);
