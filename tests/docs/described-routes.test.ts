import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { httpRoutes } from '../../infra/routes.ts';
import { routeDocuments } from '../../scripts/docs/http-routes.ts';
import { openApiDocument } from '../../scripts/docs/openapi.ts';
import * as schemas from '../../shared/protocol/http.ts';

const projectRoot = join(import.meta.dirname, '../..');

/** As `lambdas/http` writes a route: its key, `open` or `signedIn`, and the schemas of what it takes. */
const routeInSource = /'([A-Z]+ \/[^']*)': (open|signedIn)\(\s*\{([^}]*)\}/g;

const handled = globSync('lambdas/http/*.ts', { cwd: projectRoot }).flatMap((path) => [
  ...readFileSync(join(projectRoot, path), 'utf8').matchAll(routeInSource),
]);

test('every route is found in the handlers', () => {
  expect(handled.map(([, key]) => key).sort()).toEqual(Object.keys(routeDocuments).sort());
});

test.each(handled.map(([, key = '', access, takes = '']) => ({ key, access, takes })))(
  '$key is described as its handler takes it',
  ({ key, access, takes }) => {
    const described = routeDocuments[key];
    const schemaOf = (part: string) => {
      const name = new RegExp(`\\b${part}: (\\w+)`).exec(takes)?.[1];
      return name === undefined
        ? undefined
        : Object.entries(schemas).find(([exported]) => exported === name)?.[1];
    };
    expect(described?.open ?? false).toBe(access === 'open');
    expect(described?.path).toBe(schemaOf('path'));
    expect(described?.query).toBe(schemaOf('query'));
    expect(described?.body?.schema).toBe(schemaOf('body'));
  },
);

test('a route without a description stops the generator', () => {
  const [health] = httpRoutes;
  if (health === undefined) throw new Error('There are no routes');
  httpRoutes.push({ ...health, path: '/undescribed' });
  try {
    expect(() => openApiDocument()).toThrow('The route GET /undescribed is not described');
  } finally {
    httpRoutes.pop();
  }
});
