import { route, webSocketApi } from './test-gateway.ts';

/** Functions that do what the frame or the query of the handshake asks, and print the events they are to be held to. */
export const functions = {
  authorizer: `export const handler = async (event) => {
    console.log(JSON.stringify(event));
    const wish = event.queryStringParameters.wish;
    const policy = (Effect, Resource = event.methodArn) => ({ principalId: 'usr_1',
      policyDocument: { Version: '2012-10-17', Statement: [{ Action: 'execute-api:Invoke', Effect, Resource }] },
      context: { name: 'Ann', age: 42, admin: true } });
    if (wish === 'deny') return policy('Deny');
    if (wish === 'elsewhere') return policy('Allow', event.methodArn.replace('$connect', 'other'));
    if (wish === 'wildcard') return policy('Allow', event.methodArn.replace('v1/$connect', '*'));
    if (wish === 'unauthorized') throw new Error('Unauthorized');
    if (wish === 'broken') throw new Error('no database');
    if (wish === 'nothing') return {};
    if (wish === 'huge') return { ...policy('Allow'), context: { text: 'x'.repeat(9000) } };
    if (wish === 'nested') return { ...policy('Allow'), context: { deep: { value: 1 } } };
    return policy('Allow');
  };`,
  connect: `export const handler = async (event) => {
    console.log(JSON.stringify(event));
    const wish = event.queryStringParameters?.wish;
    if (wish === 'throw') throw new Error('no');
    if (wish === 'malformed') return 'hello';
    if (wish === 'teapot') return { statusCode: 418 };
    if (wish === 'protocol') return { statusCode: 200, headers: { 'Sec-WebSocket-Protocol': 'parley.v1' } };
    return { statusCode: 200, body: 'never sent' };
  };`,
  echo: `export const handler = async (event) => ({ statusCode: 200, body: JSON.stringify(event) });`,
  disconnect: 'export const handler = async (event) => { console.log(JSON.stringify(event)); };',
  faulty: `export const handler = async (event) => {
    const { fault } = JSON.parse(event.body);
    if (fault === 'throw') throw new Error('secret of the function');
    if (fault === 'hang') return new Promise(() => setInterval(() => {}, 1000));
    if (fault === 'undefined') return undefined;
    if (fault === 'body') return { statusCode: 200, body: { not: 'text' } };
    return { statusCode: 500, body: '{"fine":true}' };
  };`,
};

export const authorizer = { functionName: 'authorizer', permitted: true, identitySources: [] };

export const echoing = { hasRouteResponse: true };

/** A WebSocket API with one of everything. */
export const wholeApi = webSocketApi([
  route('$connect', 'connect', { authorizer }),
  route('$default', 'echo', echoing),
  route('echo', 'echo', echoing),
  route('silent', 'echo'),
  route('faulty', 'faulty', echoing),
  route('$disconnect', 'disconnect'),
]);
