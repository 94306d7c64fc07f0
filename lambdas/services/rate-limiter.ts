import type { Count } from '../../shared/domain/metrics.ts';
import type { BucketSettings, RateLimitSettings, WindowSettings } from '../../shared/domain/rate-limit.ts';
import { ParleyError } from '../../shared/protocol/errors.ts';
import type { RateBuckets, RateLimitStore } from '../stores/rate-limit-store.ts';

type BucketName = 'messages' | 'actions' | 'requests' | 'reads' | 'conversations';

/** Who may do how much. Every refusal says when to try again. */
export class RateLimiter {
  readonly #buckets: RateBuckets;
  readonly #windows: RateLimitStore;
  readonly #settings: RateLimitSettings;
  readonly #count: Count;
  readonly #clock: () => number;

  /** @param windows guard passwords, so that they are kept in the table, which no restart empties */
  constructor(
    buckets: RateBuckets,
    windows: RateLimitStore,
    settings: RateLimitSettings,
    count: Count,
    clock: () => number = Date.now,
  ) {
    this.#buckets = buckets;
    this.#windows = windows;
    this.#settings = settings;
    this.#count = count;
    this.#clock = clock;
  }

  /** Takes one from the user's bucket of that name, or throws `RATE_LIMITED`. */
  async take(name: BucketName, userId: string): Promise<void> {
    const bucket: BucketSettings = this.#settings[name];
    this.#refuseIf(await this.#buckets.takeFromBucket(`${name}#${userId}`, bucket, this.#clock()));
  }

  /** One of the registrations tried from an address, whatever comes of it. */
  async takeRegistration(address: string): Promise<void> {
    if (this.#settings.registrations === null) return;
    await this.#takeFromWindow(`registrations#${address}`, this.#settings.registrations);
  }

  /** One of the logins tried from an address, whoever it says it is: before anything of it is read. */
  async takeLoginFrom(address: string): Promise<void> {
    if (this.#settings.logins === null) return;
    await this.#takeFromWindow(`logins#${address}`, this.#settings.logins);
  }

  /**
   * Counts a login as failed before its password is looked at, so that many at once cannot all slip through;
   * {@link loginSucceeded} takes that back.
   */
  async takeLogin(username: string, address: string): Promise<void> {
    await this.#takeFromWindow(loginKey(username, address), this.#settings.loginFailures);
    await this.#takeFromWindow(loginKey(username, 'anywhere'), this.#settings.loginFailuresAnywhere);
  }

  async loginSucceeded(username: string, address: string): Promise<void> {
    await Promise.all([
      this.#windows.forget(loginKey(username, address)),
      this.#windows.forget(loginKey(username, 'anywhere')),
    ]);
  }

  async #takeFromWindow(key: string, window: WindowSettings): Promise<void> {
    this.#refuseIf(await this.#windows.takeFromWindow(key, window, this.#clock()));
  }

  #refuseIf(waitMs: number): void {
    if (waitMs <= 0) return;
    this.#count('RateLimited');
    const retryAfterMs = Math.ceil(waitMs);
    throw new ParleyError('RATE_LIMITED', `Too many requests: try again in ${retryAfterMs} ms.`, {
      retryAfterMs,
    });
  }
}

function loginKey(username: string, address: string): string {
  return `login#${username}#${address}`;
}
