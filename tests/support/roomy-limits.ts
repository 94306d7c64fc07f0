import { stageSettings } from '../../infra/stages.ts';

/** For tests that send malformed frames by the dozen, each of which counts as an action. */
export const roomyActions: Record<string, string> = {
  RATE_LIMIT_SETTINGS: JSON.stringify({
    ...stageSettings('local').rateLimits,
    actions: { perSecond: 1_000, burst: 1_000 },
  }),
};
