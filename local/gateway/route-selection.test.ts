// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are API Gateway's expressions, not templates of ours
import { describe, expect, test } from 'vitest';
import { routeSelector } from './route-selection.ts';

describe('a route selection expression', () => {
  // The examples of websocket-api-develop-routes.html.
  const body = '{"service":"chat","action":"join","data":{"room":"room1234"}}';
  test.each([
    ['$request.body.action', 'join'],
    ['${request.body.action}', 'join'],
    ['${request.body.service}/${request.body.action}', 'chat/join'],
    ['${request.body.action}-${request.body.invalidPath}', 'join-'],
    ['$request.body.data.room', 'room1234'],
    ['action', 'action'],
    ['\\$default', '$default'],
  ])('%s is %s', (expression, value) => {
    expect(routeSelector(expression)(body)).toBe(value);
  });

  test('finds own properties only', () => {
    const select = routeSelector('$request.body.constructor.name');
    expect(select('{}')).toBeUndefined();
    expect(routeSelector('$request.body.length')('[]')).toBe('0');
    expect(routeSelector('$request.body.__proto__')('{"__proto__":"own"}')).toBe('own');
  });

  test('has no value for what is no JSON, is not found or is null', () => {
    const select = routeSelector('$request.body.action');
    for (const text of ['', 'hello', '{}', '[]', '1', 'null', '{"action":null}', '{"action":""}']) {
      expect(select(text)).toBeUndefined();
    }
  });

  test('turns other values into text', () => {
    const select = routeSelector('$request.body.action');
    expect(select('{"action":7}')).toBe('7');
    expect(select('{"action":true}')).toBe('true');
  });

  test('has no value for an object or a list, however deep', () => {
    const select = routeSelector('$request.body.action');
    for (const value of ['{"a":1}', '["heartbeat"]', `${'['.repeat(8_000)}${']'.repeat(8_000)}`]) {
      expect(select(`{"action":${value}}`)).toBeUndefined();
    }
  });

  test('of another form is refused at start', () => {
    expect(() => routeSelector('$request.header.action')).toThrow('unsupported route selection expression');
    expect(() => routeSelector('${request.method}')).toThrow('unsupported route selection expression');
  });
});
