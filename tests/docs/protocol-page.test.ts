import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { httpRoutes } from '../../infra/routes.ts';
import { errorCodes } from '../../shared/protocol/errors.ts';
import { ServerEvent } from '../../shared/protocol/events.ts';
import { frames } from '../../shared/protocol/frames.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/protocol.md'), 'utf8');

const routes = httpRoutes.flatMap(({ methods, path }) => methods.map((method) => `${method} ${path}`));
const events = ServerEvent.options.map((event) => `{"type":"${event.entries.type.literal}"`);
const actions = Object.keys(frames).map((action) => `| \`${action}\` |`);
const codes = Object.keys(errorCodes).map((code) => `| \`${code}\` |`);

test.each([...routes, ...events, ...actions, ...codes])('docs/protocol.md tells of %s', (words) => {
  expect(page).toContain(words);
});
