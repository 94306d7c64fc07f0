/**
 * The embedded runtime in a process of its own, so that it can be killed, and so that the load it is under is not in its own
 * event loop. Ends with its parent.
 */
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { startRuntime } from '../../local/runtime.ts';

export type RuntimeReport = { url: string; webSocketUrl: string };

const [assemblyDirectory = '', dataDirectory = '', port = '0'] = process.argv.slice(2);

// Ctrl-C reaches the whole process group; the parent says when it is over.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());

const log = createWriteStream(join(dataDirectory, 'functions.log'), { flags: 'a' });
const runtime = await startRuntime({
  assemblyDirectory,
  dataDirectory,
  port: Number(port),
  log: (line) => log.write(`${line}\n`),
  lambda: {
    // A thousand users sign in, and what their passwords cost is not what is measured.
    preload: [join(import.meta.dirname, '../../tests/support/cheap-passwords.ts')],
    onLog: ({ functionName, line }) => log.write(`${functionName} ${line}\n`),
  },
});
process.on('message', async () => {
  await runtime.close();
  process.exit();
});
process.send?.({ url: runtime.url, webSocketUrl: runtime.webSocketUrl } satisfies RuntimeReport);
