import type { Redis } from 'iovalkey';
import type { Askable } from '../../../lambdas/stores/cache.ts';
import type { CacheClient } from '../../../lambdas/stores/cache-client.ts';

/** Waits for every answer, however long it takes: for tests of what is asked, whatever else the machine does. */
export class PatientCache implements Askable {
  readonly client: Redis;
  readonly #asked: CacheClient;

  /** @param asked what stores are handed in place of the client, such as one whose answers come in another order */
  constructor(client: Redis, asked: CacheClient = client) {
    this.client = client;
    this.#asked = asked;
  }

  attempt<T extends object | number>(ask: (client: CacheClient) => Promise<T>): Promise<T> {
    return ask(this.#asked);
  }

  insist<T extends object | number>(ask: (client: CacheClient) => Promise<T>): Promise<T> {
    return ask(this.#asked);
  }

  close(): void {
    this.client.disconnect();
  }
}
