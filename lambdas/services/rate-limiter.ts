import type { Count } from '../../shared/domain/metrics.ts';
import type { BucketSettings, RateLimitSettings, WindowSettings } from '../../shared/domain/rate-limit.ts';
import { ParleyError } from '../../shared/protocol/errors.ts';
import type { RateBuckets, RateLimitStore } from '../stores/rate-limit-store.ts';
import { networksAround } from './client-address.ts';

type BucketName = 'messages' | 'actions' | 'requests' | 'reads' | 'conversations' | 'connections';

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

  /** Counts a refusal that a socket got. Returns whether it may stay open. */
  async takeRefusal(connectionId: string): Promise<boolean> {
    const { refusals } = this.#settings;
    return (await this.#buckets.takeFromBucket(`refusals#${connectionId}`, refusals, this.#clock())) <= 0;
  }

  /** One of the registrations tried from an address, whatever comes of it. */
  async takeRegistration(address: string): Promise<void> {
    await this.#takeFromNetworks('registrations', address, this.#settings.registrations);
  }

  /** One of the logins tried from an address, whoever it says it is: before anything of it is read. */
  async takeLoginFrom(address: string): Promise<void> {
    await this.#takeFromNetworks('logins', address, this.#settings.logins);
  }

  /**
   * Counts a login as failed before its password is looked at, so that many at once cannot all slip through;
   * {@link loginSucceeded} takes that back.
   */
  async takeLogin(username: string, address: string): Promise<void> {
    await this.#takeFromNetworks(loginKeys(username), address, this.#settings.loginFailures);
    await this.#takeFromWindow(anywhereKey(username), this.#settings.loginFailuresAnywhere);
  }

  async loginSucceeded(username: string, address: string): Promise<void> {
    const networks = networksAround(address).map(({ network }) => `${loginKeys(username)}#${network}`);
    await Promise.all([...networks, anywhereKey(username)].map((key) => this.#windows.forget(key)));
  }

  /** Counts as {@link takeLogin} does, but for the user alone: whoever signs in as somebody else in vain takes nothing from them. */
  async takePasswordChange(userId: string): Promise<void> {
    await this.#takeFromWindow(passwordChangeKey(userId), this.#settings.loginFailures);
  }

  async passwordChangeSucceeded(userId: string): Promise<void> {
    await this.#windows.forget(passwordChangeKey(userId));
  }

  /** From narrow to wide, so that what one client is refused does not count for its neighbours. */
  async #takeFromNetworks(keys: string, address: string, window: WindowSettings | null): Promise<void> {
    if (window === null) return;
    for (const { network, allowance } of networksAround(address)) {
      const wider = { ...window, count: window.count * allowance };
      await this.#takeFromWindow(`${keys}#${network}`, wider);
    }
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

function loginKeys(username: string): string {
  return `login#${username}`;
}

function anywhereKey(username: string): string {
  return `${loginKeys(username)}#anywhere`;
}

function passwordChangeKey(userId: string): string {
  return `passwordChange#${userId}`;
}
