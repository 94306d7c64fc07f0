import type { Clock } from './clock.ts';
import { ParleyError } from './errors.ts';
import type { Session } from './protocol.ts';

export type GetToken = () => string | Promise<string>;

/** The token in use, and where the next one comes from. */
export class Credentials {
  readonly #clock: Clock;
  #getToken: GetToken | undefined;
  #token: string | undefined;
  #renewAt: number | undefined;
  #getting: Promise<string> | undefined;
  /** Settles when a call has been answered that replaces the token. */
  #replacing: Promise<unknown> | undefined;

  constructor(
    clock: Clock,
    given: { token?: string | undefined; expiresAt?: string | undefined; getToken?: GetToken | undefined },
  ) {
    this.#clock = clock;
    this.#getToken = given.getToken;
    this.#token = given.token;
    if (given.expiresAt !== undefined) this.#plan(given.expiresAt);
  }

  /** Whether half of the token's remaining life, as first known, is over. */
  get isDue(): boolean {
    return this.#renewAt !== undefined && this.#clock.now() >= this.#renewAt;
  }

  /** The one in use, if there is one without asking. */
  get held(): string | undefined {
    return this.#token;
  }

  async current(): Promise<string> {
    return this.#token ?? this.#get();
  }

  /** A token in place of one that the server refused; asks once however many requests were refused with it. */
  async insteadOf(refused: string): Promise<string> {
    await this.#replacing;
    if (this.#token === refused) this.#token = undefined;
    return this.current();
  }

  replace({ token, expiresAt }: Session): void {
    this.#token = token;
    this.#plan(expiresAt);
  }

  /** Of a call that makes the server refuse the token in use, before it answers with the next one. */
  async replacedBy(call: Promise<Session>): Promise<Session> {
    this.#replacing = call.then(
      (session) => this.replace(session),
      () => undefined,
    );
    await this.#replacing;
    this.#replacing = undefined;
    return call;
  }

  /** Signed out: there is no token from now on. */
  forget(): void {
    this.#token = undefined;
    this.#getToken = undefined;
  }

  #get(): Promise<string> {
    const getToken = this.#getToken;
    if (getToken === undefined) {
      return Promise.reject(new ParleyError('UNAUTHENTICATED', 'The token is refused. Sign in again.'));
    }
    this.#getting ??= Promise.resolve()
      .then(getToken)
      .then((token) => {
        this.#token = token;
        this.#renewAt = undefined;
        return token;
      })
      .finally(() => {
        this.#getting = undefined;
      });
    return this.#getting;
  }

  #plan(expiresAt: string): void {
    const now = this.#clock.now();
    this.#renewAt = now + (Date.parse(expiresAt) - now) / 2;
  }
}
