import { type Clock, systemClock } from './clock.ts';
import { callOnce, type Fetch, httpBase } from './http.ts';
import { globalFetch } from './options.ts';
import type { SignedIn } from './protocol.ts';

/** Where to sign in. */
export interface Server {
  /** As in {@link ParleyOptions}. */
  url: string;
  /** @default the global `fetch` */
  fetch?: Fetch | undefined;
  /** @default the system's */
  clock?: Clock | undefined;
}

export interface LoginOptions extends Server {
  username: string;
  password: string;
  /** What the device is called in the list of the user's {@link ParleyClient.sessions | sessions}: 1 to 64 characters. */
  deviceName?: string | undefined;
}

export interface RegisterOptions extends LoginOptions {
  /** @default the username */
  displayName?: string | undefined;
}

export function login(options: LoginOptions): Promise<SignedIn> {
  const { username, password, deviceName } = options;
  return post(options, '/login', { username, password, deviceName });
}

export function register(options: RegisterOptions): Promise<SignedIn> {
  const { username, password, displayName, deviceName } = options;
  return post(options, '/users', { username, password, displayName, deviceName });
}

async function post(server: Server, path: string, body: object): Promise<SignedIn> {
  const { url, fetch = globalFetch, clock = systemClock } = server;
  const answer = await callOnce({ base: httpBase(url), fetch, clock }, { method: 'POST', path, body });
  return answer as SignedIn; // docs/openapi.yaml: of both.
}
