/** A program `cdk` that writes down how it was called, and deploys nothing. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export type FakeCdk = {
  environment: Record<string, string>;
  /** The arguments of each call so far. */
  calls(): string[][];
};

export type Behaviour = {
  /** What `cdk deploy` leaves in its `--outputs-file`. */
  outputs?: Record<string, Record<string, string>>;
  /** The command that ends with an error. */
  failing?: string;
};

export function fakeCdk(directory: string, { outputs = {}, failing = 'none' }: Behaviour = {}): FakeCdk {
  mkdirSync(directory, { recursive: true });
  const log = join(directory, 'calls');
  const program = join(directory, 'cdk');
  writeFileSync(
    program,
    `#!${process.execPath}
const fs = require('node:fs');
const [command, ...options] = process.argv.slice(2);
fs.appendFileSync(${JSON.stringify(log)}, JSON.stringify([command, ...options]) + '\\n');
if (command === ${JSON.stringify(failing)}) process.exit(3);
const file = options[options.indexOf('--outputs-file') + 1];
if (command === 'deploy') fs.writeFileSync(file, ${JSON.stringify(JSON.stringify(outputs))});
`,
  );
  chmodSync(program, 0o755);
  return {
    environment: { PATH: [directory, process.env['PATH']].join(delimiter) },
    calls() {
      if (!existsSync(log)) return [];
      return readFileSync(log, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    },
  };
}
