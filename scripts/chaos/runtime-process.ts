/** The embedded runtime in a process of its own, to be killed, with faults in its functions. Ends with its parent. */
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { BroadcastChannel } from 'node:worker_threads';
import { startRuntime } from '../../local/runtime.ts';
import { FaultServer } from './fault-server.ts';
import type { FaultKind } from './plan.ts';
import { deathExitCode, fairWeather, type Weather, type WeatherMessage, weatherChannel } from './weather.ts';

export type FromRuntime = { ready: { url: string; webSocketUrl: string } } | { struck: FaultKind };
export type ToRuntime = { weather: Weather } | { stop: true };

const [assemblyDirectory = '', dataDirectory = '', port = '0', cacheUrl = ''] = process.argv.slice(2);

// Ctrl-C reaches the whole process group; the parent says when it is over.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());

let weather = fairWeather;
const tell = (message: FromRuntime) => process.send?.(message);
const faults = await FaultServer.open((kind) => tell({ struck: kind }));
const channel = new BroadcastChannel(weatherChannel);
const spread = () => channel.postMessage({ weather, faultPort: faults.port } satisfies WeatherMessage);
channel.onmessage = (event) => {
  const message = (event as { data: WeatherMessage }).data; // Nothing else is sent on this channel.
  if ('asks' in message) spread();
  if ('struck' in message) tell(message);
};

const log = createWriteStream(join(dataDirectory, 'functions.log'), { flags: 'a' });
const runtime = await startRuntime({
  assemblyDirectory,
  dataDirectory,
  port: Number(port),
  log: (line) => log.write(`${line}\n`),
  lambda: {
    preload: [
      join(import.meta.dirname, '../../tests/support/cheap-passwords.ts'),
      join(import.meta.dirname, 'function-faults.ts'),
    ],
    ...(cacheUrl !== '' && { environment: { CACHE_URL: cacheUrl } }),
    onLog: ({ functionName, line }) => {
      log.write(`${functionName} ${line}\n`);
      // The functions' own metric: docs/operations.md.
      if (line.includes('"CacheFallbacks":')) tell({ struck: 'cache' });
    },
    onInvocation: ({ functionError }) => {
      if (functionError?.errorMessage.endsWith(`exit status ${deathExitCode}`)) tell({ struck: 'death' });
    },
  },
});

process.on('message', async (message: ToRuntime) => {
  if ('weather' in message) {
    weather = message.weather;
    return spread();
  }
  await runtime.close();
  process.exit();
});
tell({ ready: { url: runtime.url, webSocketUrl: runtime.webSocketUrl } });
