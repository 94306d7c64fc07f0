import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as v from 'valibot';
import { Keys, keysAreFreshForMs } from '../../shared/domain/secret-keys.ts';

/** One secret, read again once it is five minutes old; where that fails, the keys known so far go on being used. */
export class SecretStore {
  readonly #client: SecretsManagerClient;
  readonly #secretId: string;
  #known: Keys | undefined;
  #readAt = 0;
  readonly #clock: () => number;

  constructor(client: SecretsManagerClient, secretId: string, clock: () => number = Date.now) {
    this.#client = client;
    this.#secretId = secretId;
    this.#clock = clock;
  }

  async keys(): Promise<Keys> {
    if (this.#known !== undefined && this.#clock() - this.#readAt < keysAreFreshForMs) return this.#known;
    this.#readAt = this.#clock();
    try {
      this.#known = await this.#read();
    } catch (error) {
      if (this.#known === undefined) throw error;
    }
    return this.#known;
  }

  async #read(): Promise<Keys> {
    const { SecretString } = await this.#client.send(new GetSecretValueCommand({ SecretId: this.#secretId }));
    const keys = v.safeParse(v.pipe(v.string(), v.parseJson(), Keys), SecretString);
    if (keys.success) return keys.output;
    // The parser's own error would carry the secret into the log.
    throw new Error(`The secret ${this.#secretId} is not of the form {"current": "…", "previous": "…"}`);
  }
}
