import * as v from 'valibot';
import { ParleyError } from '../../shared/protocol/errors.ts';
import { frames } from '../../shared/protocol/frames.ts';
import { limits } from '../../shared/protocol/limits.ts';
import { parseJson } from '../middleware/parse-json.ts';
import { webSocketHandler } from '../middleware/websocket-handler.ts';
import { frameLimits } from '../runtime.ts';

const Addressed = v.looseObject({ action: v.string() });

/** Whatever no other route takes: what is not JSON, has no action, or an unknown one. */
export const handler = webSocketHandler(frameLimits(), {
  $default: async (event) => {
    parseJson(event.body ?? '', Addressed, limits.frameBytes);
    throw new ParleyError('BAD_REQUEST', `action: must be one of ${Object.keys(frames).join(', ')}.`);
  },
});
