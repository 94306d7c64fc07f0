import { ParleyError } from '../../shared/protocol/errors.ts';
import { variable } from '../environment.ts';
import { httpHandler, ok, open } from '../middleware/http-handler.ts';

const version = variable('PARLEY_VERSION');

export const handler = httpHandler({
  'GET /health': open({}, async () => ok({ status: 'ok', version })),

  $default: async () => {
    throw new ParleyError('NOT_FOUND', 'There is no such path, or it does not take this method.');
  },
});
