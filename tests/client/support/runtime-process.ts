/** The embedded runtime in a process of its own, to be killed. Says where it listens and waits for its end. */
import { join } from 'node:path';
import { startRuntime } from '../../../local/runtime.ts';

const [assemblyDirectory = '', dataDirectory = '', port = '0'] = process.argv.slice(2);

const runtime = await startRuntime({
  assemblyDirectory,
  dataDirectory,
  port: Number(port),
  lambda: { preload: [join(import.meta.dirname, '../../support/cheap-passwords.ts')] },
});
process.send?.(runtime.url);
