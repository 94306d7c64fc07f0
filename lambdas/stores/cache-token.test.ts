/** Signed once more by the words of docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html. */
import { createHash, createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { cacheToken } from './cache-token.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret/+', sessionToken: 'session/+==' };
const token = () =>
  cacheToken({ cacheName: 'parley-prod', userName: 'parley-prod', region: 'eu-west-1', credentials });

test('is a presigned request to connect, without its scheme, good for a quarter of an hour', async () => {
  const [host, query = ''] = (await token()).split('/?');
  expect(host).toBe('parley-prod');
  const parameters = Object.fromEntries(new URLSearchParams(query));
  const { 'X-Amz-Date': date = '', 'X-Amz-Signature': signature, ...others } = parameters;
  expect(others).toEqual({
    Action: 'connect',
    User: 'parley-prod',
    ResourceType: 'ServerlessCache',
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `AKIDEXAMPLE/${date.slice(0, 8)}/eu-west-1/elasticache/aws4_request`,
    'X-Amz-Expires': '900',
    'X-Amz-Security-Token': 'session/+==',
    'X-Amz-SignedHeaders': 'host',
  });

  const canonicalQuery = query
    .split('&')
    .filter((parameter) => !parameter.startsWith('X-Amz-Signature='))
    .sort()
    .join('&');
  const canonicalRequest = ['GET', '/', canonicalQuery, 'host:parley-prod', '', 'host', sha256('')].join(
    '\n',
  );
  const scope = `${date.slice(0, 8)}/eu-west-1/elasticache/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(canonicalRequest)].join('\n');
  const key = scope.split('/').reduce<Buffer>((last, part) => hmac(last, part), Buffer.from('AWS4secret/+'));
  expect(signature).toBe(hmac(key, toSign).toString('hex'));
});
