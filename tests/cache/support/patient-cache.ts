import type { Redis } from 'iovalkey';
import type { Askable } from '../../../lambdas/stores/cache.ts';
import type { CacheClient } from '../../../lambdas/stores/cache-client.ts';

/** Waits for every answer, however long it takes: for tests of what is asked, whatever else the machine does. */
export class PatientCache<Client extends CacheClient = Redis> implements Askable {
  readonly client: Client;

  constructor(client: Client) {
    this.client = client;
  }

  attempt<T extends object | number>(ask: (client: CacheClient) => Promise<T>): Promise<T> {
    return ask(this.client);
  }

  insist<T extends object | number>(ask: (client: CacheClient) => Promise<T>): Promise<T> {
    return ask(this.client);
  }

  close(): void {
    this.client.disconnect();
  }
}
