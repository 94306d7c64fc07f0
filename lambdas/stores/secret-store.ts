import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as v from 'valibot';

/** How long a rotated secret may go unnoticed. */
const freshMs = 5 * 60 * 1000;

/** A random key, as `infra/` has Secrets Manager draw it. */
const Keys = v.object({
  current: v.string(),
  /** The one before, while the secret is being rotated. */
  previous: v.optional(v.string()),
});
export type Keys = v.InferOutput<typeof Keys>;

/** One secret, read again once it is five minutes old; where that fails, the keys known so far go on being used. */
export class SecretStore {
  readonly #client: SecretsManagerClient;
  readonly #secretId: string;
  #known: Keys | undefined;
  #readAt = 0;

  constructor(client: SecretsManagerClient, secretId: string) {
    this.#client = client;
    this.#secretId = secretId;
  }

  async keys(): Promise<Keys> {
    if (this.#known !== undefined && Date.now() - this.#readAt < freshMs) return this.#known;
    this.#readAt = Date.now();
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
