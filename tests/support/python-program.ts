import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The path of a program of tests/requirements.txt, or of Python itself. */
export function pythonProgram(name: 'cfn-lint' | 'ministack' | 'python'): string {
  const path = join(import.meta.dirname, '../../.venv/bin', name);
  if (existsSync(path)) return path;
  throw new Error(
    `${name} is not installed. Install it, with Python 3.10 or later, by ` +
      '`python3 -m venv .venv && .venv/bin/pip install -r tests/requirements.txt`; ' +
      '`PARLEY_NO_PYTHON=1 npm test` leaves out the tests that need it.',
  );
}
