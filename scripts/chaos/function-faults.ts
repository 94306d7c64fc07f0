/**
 * Loaded into each function before its own code, which knows nothing of it. While the weather is bad, a share of the AWS
 * calls goes to the fault server in place of the emulator, or ends the function; and `Date` goes wrong.
 */
import http from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import { BroadcastChannel } from 'node:worker_threads';
import {
  deathExitCode,
  delayHeader,
  fairWeather,
  faultHeader,
  targetHeader,
  type WeatherMessage,
  weatherChannel,
} from './weather.ts';

let weather = fairWeather;
let faultPort = 0;

const channel = new BroadcastChannel(weatherChannel);
const tell = (message: WeatherMessage) => channel.postMessage(message);
channel.onmessage = (event) => {
  // Nothing else is sent on this channel; a function's own messages are not for others.
  const message = (event as { data: WeatherMessage }).data;
  if (!('weather' in message)) return;
  const { clockMs } = message.weather;
  if (clockMs !== weather.clockMs && clockMs !== 0) tell({ struck: 'clock' });
  ({ weather, faultPort } = message);
};
channel.unref();
tell({ asks: true });

const SystemDate = Date;
class JumpingDate extends SystemDate {
  constructor(...given: ConstructorParameters<typeof SystemDate> | []) {
    if (given.length === 0) super(JumpingDate.now());
    else super(...given);
  }
  static override now(): number {
    return SystemDate.now() + weather.clockMs;
  }
}
globalThis.Date = JumpingDate as DateConstructor; // It is called with `new` only.

const { request } = http;

type OnResponse = (response: http.IncomingMessage) => void;

/** In the one of its forms in which the AWS SDK calls it. */
http.request = ((options: http.RequestOptions, onResponse?: OnResponse) => {
  const fault = draw();
  if (fault === undefined) return request(options, onResponse);
  if (fault === 'death') return die(options, onResponse);
  const headers = {
    ...options.headers,
    [faultHeader]: fault,
    [targetHeader]: `${options.host ?? options.hostname}:${options.port}`,
    [delayHeader]: String(weather.slowMs),
  };
  const { agent: _kept, ...rest } = options; // Its sockets lead to the emulator.
  return request({ ...rest, host: '127.0.0.1', hostname: '127.0.0.1', port: faultPort, headers }, onResponse);
}) as typeof request;
syncBuiltinESMExports();

function draw(): 'death' | 'throttle' | 'lostAnswer' | 'slow' | undefined {
  for (const fault of ['death', 'throttle', 'lostAnswer', 'slow'] as const) {
    if (Math.random() < weather[fault]) return fault;
  }
  return undefined;
}

/** Before the call leaves, or when it has taken effect and nobody has heard of it. */
function die(options: http.RequestOptions, onResponse: OnResponse | undefined): http.ClientRequest {
  if (Math.random() < 0.3) process.exit(deathExitCode);
  const call = request(options, onResponse);
  call.prependOnceListener('response', () => process.exit(deathExitCode));
  return call;
}
