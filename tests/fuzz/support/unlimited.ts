import { defaultRateLimits } from '../../../shared/domain/rate-limit.ts';

const plenty = { perSecond: 1_000_000, burst: 1_000_000 };
const always = { count: 1_000_000, seconds: 1 };

/** `RATE_LIMIT_SETTINGS` under which nothing is refused for coming too often: that would hide what is looked for. */
export const unlimited = JSON.stringify(
  Object.fromEntries(
    Object.entries(defaultRateLimits).map(([name, limit]) => {
      if (limit === null) return [name, null];
      return [name, 'burst' in limit ? plenty : always];
    }),
  ),
);
