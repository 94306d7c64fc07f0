import * as v from 'valibot';
import { expect, test } from 'vitest';
import { frames } from '../../shared/protocol/frames.ts';
import { CreateConversationBody, RegisterBody, UsersQuery } from '../../shared/protocol/http.ts';
import { parseJson } from './parse-json.ts';

const send = { action: 'sendMessage', conversationId: 'cnv_a', messageId: 'm1', content: 'hello' };

function refusal(text: string, schema: v.GenericSchema) {
  try {
    parseJson(text, schema, 1_000_000);
  } catch (error) {
    return error;
  }
  throw new Error('Nothing was refused');
}

test.each<[string, v.GenericSchema, string]>([
  ['{', frames.sendMessage, 'This is not JSON.'],
  ['', frames.sendMessage, 'This is not JSON.'],
  ['[]', frames.sendMessage, 'The request must be a JSON object.'],
  ['7', frames.sendMessage, 'The request must be a JSON object.'],
  ['null', frames.sendMessage, 'The request must be a JSON object.'],
  [JSON.stringify({ ...send, content: undefined }), frames.sendMessage, 'content: is missing.'],
  [JSON.stringify({ ...send, content: 7 }), frames.sendMessage, 'content: must be a string.'],
  [JSON.stringify({ ...send, extra: 1 }), frames.sendMessage, 'extra: is not a known field.'],
  [
    JSON.stringify(send).replace('{', '{"__proto__":{"admin":true},'),
    frames.sendMessage,
    '__proto__: is not a known field.',
  ],
  // Not a name: whatever else was sent there is not repeated.
  [
    JSON.stringify({ ...send, 'my secret': 1 }),
    frames.sendMessage,
    'The request has a field that is not known.',
  ],
  [
    JSON.stringify({ ...send, ['x'.repeat(20_000)]: 1 }),
    frames.sendMessage,
    'The request has a field that is not known.',
  ],
  [JSON.stringify({ ...send, constructor: 1 }), frames.sendMessage, 'constructor: is not a known field.'],
  [JSON.stringify({ ...send, type: 'system' }), frames.sendMessage, 'type: must be "text".'],
  ['{"type":"DM","memberIds":["a","b"]}', CreateConversationBody, 'memberIds'],
  ['{"type":"CHANNEL"}', CreateConversationBody, 'type: must be'],
  ['{"username":"alice","password":"short"}', RegisterBody, 'password: must have 8 to 128 characters.'],
  ['{}', UsersQuery, 'The request must have either username'],
])('%s is refused', (text, schema, detail) => {
  expect(refusal(text, schema)).toMatchObject({
    code: 'BAD_REQUEST',
    message: expect.stringContaining(detail),
  });
});

test('what is refused is not repeated', () => {
  const { message } = refusal('{"username":"alice","password":["hunter2"]}', RegisterBody) as Error;
  expect(message).not.toContain('hunter2');
});

test('nesting too deep for the parser is not JSON either', () => {
  expect(refusal('['.repeat(900_000), frames.sendMessage)).toMatchObject({ code: 'BAD_REQUEST' });
});

test('size is counted in bytes', () => {
  expect(() => parseJson('"ää"', v.string(), 5)).toThrow(
    expect.objectContaining({ code: 'PAYLOAD_TOO_LARGE' }),
  );
  expect(parseJson('"ää"', v.string(), 6)).toBe('ää');
});
