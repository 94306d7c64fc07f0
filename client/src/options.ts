import { type Clock, systemClock } from './clock.ts';
import type { GetToken } from './credentials.ts';
import { type Fetch, httpBase } from './http.ts';
import { hasIndexedDb, indexedDbStorage } from './indexed-db.ts';
import { browserSignals, type Signals } from './signals.ts';
import { memoryStorage, type OutboxStorage } from './storage.ts';
import { browserTabs, type Tabs } from './tabs.ts';
import type { WebSocketClass } from './transport.ts';

/** How a client is made. */
export interface ParleyOptions {
  /** The HTTP API, with or without its `/v1`: `http://localhost:8787`, or the output `HttpUrl` of the stack. */
  url: string;
  /**
   * The WebSocket API: on AWS the output `WebSocketUrl`, unless one host serves both.
   * @default `/connect` at the host of `url`
   */
  webSocketUrl?: string | undefined;
  /** The token of {@link ParleyClient.login}, if there is one already. */
  token?: string | undefined;
  /**
   * When `token` ends. Where given, the client renews the token long before, while it is online, and tells the new one as a `session`
   * event.
   */
  expiresAt?: string | undefined;
  /**
   * Asked for a token where there is none, and once when the server refuses the one there is. What it throws counts as
   * a failed attempt to connect, unless it is a {@link ParleyError} `UNAUTHENTICATED`, which ends the attempts.
   */
  getToken?: GetToken | undefined;
  /**
   * Whose client this is, as `login` said. Without it the server is asked at the first connect, and until
   * then messages are not kept in `storage` and those of earlier runs are not shown.
   */
  userId?: string | undefined;
  /**
   * Where messages are kept until they are stored.
   * @default IndexedDB where there is one, else memory
   */
  storage?: OutboxStorage | undefined;
  /** @default the global `WebSocket`, which Node has from version 22 on */
  WebSocket?: WebSocketClass | undefined;
  /** @default the global `fetch` */
  fetch?: Fetch | undefined;
  /** Tells when the network comes and goes. @default the events of a browser's window and document */
  signals?: Signals | undefined;
  /** How tabs agree on who sends. @default Web Locks and BroadcastChannel */
  tabs?: Tabs | undefined;
  /** @default the system's */
  clock?: Clock | undefined;
  /** From 0 up to 1; spreads clients in time. @default Math.random */
  random?: (() => number) | undefined;
}

/** The options with their defaults. */
export type Settings = {
  base: string;
  webSocketUrl: string;
  storage: OutboxStorage;
  WebSocket: WebSocketClass;
  fetch: Fetch;
  signals: Signals;
  tabs: Tabs;
  clock: Clock;
  random: () => number;
};

export function settingsOf(options: ParleyOptions): Settings {
  const WebSocket = options.WebSocket ?? (globalThis as { WebSocket?: WebSocketClass }).WebSocket;
  if (WebSocket === undefined) {
    throw new TypeError(
      'There is no global WebSocket here: pass one as `WebSocket`, such as that of the package ws.',
    );
  }
  if (options.token === undefined && options.getToken === undefined) {
    throw new TypeError('Pass `token`, `getToken`, or both.');
  }
  return {
    base: httpBase(options.url),
    webSocketUrl: options.webSocketUrl ?? socketUrl(options.url),
    storage: options.storage ?? (hasIndexedDb() ? indexedDbStorage() : memoryStorage()),
    WebSocket,
    fetch: options.fetch ?? globalFetch,
    signals: options.signals ?? browserSignals,
    tabs: options.tabs ?? browserTabs,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  };
}

/** Called as a function of its own: browsers refuse a `fetch` that is taken off its window. */
export const globalFetch: Fetch = (url, init) => fetch(url, init);

function socketUrl(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/connect`;
}
