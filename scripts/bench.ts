/**
 * `npm run bench`: what a message costs and how long it takes on the embedded runtime, and what each function weighs;
 * `-- --scenario idle-sockets`, `large-group` and `overload` measure those. Prints Markdown; docs/performance.md keeps the results of a run.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchDirectChat } from './bench/direct-chat.ts';
import { benchIdleSockets } from './bench/idle-sockets.ts';
import { benchLargeGroup } from './bench/large-group.ts';
import { machine } from './bench/markdown.ts';
import { requireOpenFiles } from './bench/open-files.ts';
import { benchOverload } from './bench/overload.ts';
import { ParleyProcess } from './bench/parley-process.ts';
import { givenOptions, numberOf, UsageError } from './load/option-values.ts';
import { synth } from './synth.ts';

const usage = `Usage: npm run bench -- [options]

  --scenario direct         conversations of two: latency, AWS calls, highest rate, memory, bundles (the default)
  --scenario idle-sockets   the runtime's memory with many idle sockets, and one message to each
      --sockets N           from 2 to 20000, default 10000
  --scenario large-group    latency of conversations of two beside a large group; AWS calls by size of group
      --members N           of the group, from 201 to 10000, default 10000
      --connected N         of its members, default 1000
  --scenario overload       twice the highest rate for a minute, while 240 clients connect; and what is left afterwards`;

const scenarios = ['direct', 'idle-sockets', 'large-group', 'overload'] as const;
type Scenario = { sockets: number; run: (parley: ParleyProcess) => Promise<void> };

try {
  const names = ['scenario', 'sockets', 'members', 'connected'] as const;
  const { values, flags } = givenOptions(process.argv.slice(2), names, ['help']);
  if (flags.has('help')) console.log(usage);
  else await bench(scenarioOf(values));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message} See npm run bench -- --help.`);
  process.exitCode = 1;
}

async function bench({ sockets, run }: Scenario): Promise<void> {
  requireOpenFiles(sockets);
  const assemblyDirectory = await synth('local');
  const dataDirectory = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  const parley = await ParleyProcess.start(assemblyDirectory, dataDirectory);
  try {
    machine();
    await run(parley);
  } finally {
    await parley.stop();
    rmSync(dataDirectory, { recursive: true });
  }
}

function scenarioOf(
  values: Partial<Record<'scenario' | 'sockets' | 'members' | 'connected', string>>,
): Scenario {
  switch (values.scenario ?? 'direct') {
    case 'direct':
      return { sockets: 100, run: benchDirectChat };
    case 'idle-sockets': {
      const sockets = numberOf('sockets', values.sockets ?? '10000', { min: 2, max: 20_000 });
      return { sockets, run: (parley) => benchIdleSockets(parley, sockets) };
    }
    case 'large-group': {
      const members = numberOf('members', values.members ?? '10000', { min: 201, max: 10_000 });
      const connected = numberOf('connected', values.connected ?? String(Math.min(1_000, members)), {
        min: 2,
        max: members,
      });
      return { sockets: connected + 200, run: (parley) => benchLargeGroup(parley, members, connected) };
    }
    case 'overload':
      return { sockets: 500, run: benchOverload };
    default:
      throw new UsageError(`--scenario is one of ${scenarios.join(', ')}, not "${values.scenario}".`);
  }
}
