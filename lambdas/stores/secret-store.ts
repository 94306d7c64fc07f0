import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** How long a rotated secret may go unnoticed. */
const freshMs = 5 * 60 * 1000;

/** One secret, as text, read again when it is older than five minutes. */
export class SecretStore {
  readonly #client: SecretsManagerClient;
  readonly #secretId: string;
  #reading: Promise<string> | undefined;
  #readAt = 0;

  constructor(client: SecretsManagerClient, secretId: string) {
    this.#client = client;
    this.#secretId = secretId;
  }

  async value(): Promise<string> {
    if (this.#reading === undefined || Date.now() - this.#readAt > freshMs) {
      this.#readAt = Date.now();
      this.#reading = this.#read();
      // A failed read must not be remembered.
      this.#reading.catch(() => {
        this.#reading = undefined;
      });
    }
    return this.#reading;
  }

  async #read(): Promise<string> {
    const { SecretString } = await this.#client.send(new GetSecretValueCommand({ SecretId: this.#secretId }));
    if (SecretString === undefined) throw new Error(`The secret ${this.#secretId} holds no text`);
    return SecretString;
  }
}
