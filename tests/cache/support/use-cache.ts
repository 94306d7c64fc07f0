/** Every Parley that a file starts uses the cache, in its own process or in another. */
import { inject } from 'vitest';

process.env['PARLEY_CACHE'] = inject('cacheUrl');
