import { describe, expect, test } from 'vitest';
import { routeTable } from './http-routes.ts';
import { integration } from './test-gateway.ts';

const table = (...routeKeys: string[]) => {
  const match = routeTable(routeKeys.map((routeKey) => ({ routeKey, integration: integration('any') })));
  return (method: string, path: string) => {
    const found = match(method, path);
    return found === undefined ? undefined : [found.route.routeKey, found.pathParameters];
  };
};

describe('the most specific route wins', () => {
  // The example of http-api-develop-routes.html.
  const match = table(
    'ANY /{proxy+}',
    '$default',
    'GET /pets/{proxy+}',
    'GET /pets/{id}',
    'GET /pets/dog/1',
    'GET /pets/dog/{id}',
  );

  test.each([
    ['GET', '/pets/dog/1', 'GET /pets/dog/1', undefined],
    ['GET', '/pets/dog/2', 'GET /pets/dog/{id}', { id: '2' }],
    ['GET', '/pets/cat/1', 'GET /pets/{proxy+}', { proxy: 'cat/1' }],
    ['GET', '/pets/cat', 'GET /pets/{id}', { id: 'cat' }],
    ['POST', '/test/5', 'ANY /{proxy+}', { proxy: 'test/5' }],
    ['GET', '/', '$default', undefined],
  ])('%s %s → %s', (method, path, routeKey, parameters) => {
    expect(match(method, path)).toEqual([routeKey, parameters]);
  });
});

test('a method of its own wins over ANY on the same path', () => {
  const match = table('ANY /a', 'GET /a');
  expect(match('GET', '/a')).toEqual(['GET /a', undefined]);
  expect(match('PUT', '/a')).toEqual(['ANY /a', undefined]);
});

test('a literal wins over a parameter whatever their order', () => {
  const match = table('GET /users/{id}', 'GET /users/me', 'PUT /users/me/password', 'GET /users');
  expect(match('GET', '/users/me')).toEqual(['GET /users/me', undefined]);
  expect(match('GET', '/users/you')).toEqual(['GET /users/{id}', { id: 'you' }]);
  expect(match('GET', '/users')).toEqual(['GET /users', undefined]);
});

test('another method of a more specific path does not hide a match', () => {
  const match = table('POST /users/me', 'GET /users/{id}');
  expect(match('GET', '/users/me')).toEqual(['GET /users/{id}', { id: 'me' }]);
});

test('no route matches an empty segment or a slash too many', () => {
  const match = table('GET /users/{id}', 'GET /users');
  expect(match('GET', '/users/')).toBeUndefined();
  expect(match('GET', '/users/1/')).toBeUndefined();
  expect(match('GET', '//users')).toBeUndefined();
});

test('a key that is no route is refused', () => {
  expect(() => table('users')).toThrow('unsupported HTTP route key: users');
});
