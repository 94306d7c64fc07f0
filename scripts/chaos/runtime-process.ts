/** What scripts/chaos/mortal-parley.ts starts: the embedded runtime, to be killed, with faults in its functions. */
import { join } from 'node:path';
import { BroadcastChannel } from 'node:worker_threads';
import { startChildRuntime } from '../load/child-runtime.ts';
import { FaultServer } from './fault-server.ts';
import type { FaultKind } from './plan.ts';
import { deathExitCode, fairWeather, type Weather, type WeatherMessage, weatherChannel } from './weather.ts';

export type FromRuntime = { ready: { url: string; webSocketUrl: string } } | { struck: FaultKind };
export type ToRuntime = { weather: Weather } | { stop: true };

/** After what child-runtime.ts reads. */
const [cacheUrl = ''] = process.argv.slice(5);

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

const runtime = await startChildRuntime({
  preload: [join(import.meta.dirname, 'function-faults.ts')],
  ...(cacheUrl !== '' && { environment: { CACHE_URL: cacheUrl } }),
  onLog: ({ line }) => {
    // The functions' own metric: docs/operations.md.
    if (line.includes('"CacheFallbacks":')) tell({ struck: 'cache' });
  },
  onInvocation: ({ functionError }) => {
    if (functionError?.errorMessage.endsWith(`exit status ${deathExitCode}`)) tell({ struck: 'death' });
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
