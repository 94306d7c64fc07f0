import { ParleyError } from '../../shared/protocol/errors.ts';
import type { ConnectionGateway } from '../stores/connection-gateway.ts';
import type { RateLimiter } from './rate-limiter.ts';
import type { Report } from './report.ts';

/**
 * Limits what failing frames cost. Only a frame that failed is looked at, so that a good one costs no more calls and no more
 * time: a malformed frame has been parsed by then, which its 32 KiB bound.
 */
export class FrameLimits {
  readonly #rates: Pick<RateLimiter, 'take' | 'takeRefusal'>;
  readonly #gateway: Pick<ConnectionGateway, 'close'>;
  readonly #report: Report;

  constructor(
    rates: Pick<RateLimiter, 'take' | 'takeRefusal'>,
    gateway: Pick<ConnectionGateway, 'close'>,
    report: Report,
  ) {
    this.#rates = rates;
    this.#gateway = gateway;
    this.#report = report;
  }

  /**
   * Counts a malformed frame as one of the user's actions, and closes a socket that goes on after many refusals, or whose
   * session has ended. Returns the error that answers the frame.
   */
  async failed(error: unknown, caller: FailingCaller): Promise<unknown> {
    const answer = hasCode(error, 'BAD_REQUEST', 'PAYLOAD_TOO_LARGE')
      ? await this.#countMalformed(error, caller.userId)
      : error;
    if (hasCode(answer, 'RATE_LIMITED')) await this.#countRefusal(caller);
    // Its session has ended, and it might not be closed then.
    if (hasCode(answer, 'UNAUTHENTICATED'))
      await this.#close(caller, 'connection closed: its session has ended');
    return answer;
  }

  async #countMalformed(error: unknown, userId: string): Promise<unknown> {
    try {
      await this.#rates.take('actions', userId);
      return error;
    } catch (refusal) {
      return refusal;
    }
  }

  /** The refusal itself is answered whatever comes of this. `$disconnect` removes what is registered of a closed socket. */
  async #countRefusal({ userId, connectionId }: FailingCaller): Promise<void> {
    try {
      if (await this.#rates.takeRefusal(connectionId)) return;
    } catch (error) {
      this.#report('refusal could not be counted', { userId, connectionId }, error);
      return;
    }
    await this.#close({ userId, connectionId }, 'connection closed after too many refusals');
  }

  async #close({ userId, connectionId }: FailingCaller, why: string): Promise<void> {
    this.#report(why, { userId, connectionId });
    try {
      await this.#gateway.close(connectionId);
    } catch (error) {
      this.#report('connection could not be closed', { userId, connectionId }, error);
    }
  }
}

type FailingCaller = { userId: string; connectionId: string };

function hasCode(error: unknown, ...codes: ParleyError['code'][]): error is ParleyError {
  return error instanceof ParleyError && codes.includes(error.code);
}
