import { equal, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { must, section, smoke } from '../requirement.ts';
import { ErrorFrame, Heartbeat, read, SendAck } from '../shapes.ts';

export const frames = section('§5 Frames', [
  smoke('ws.frame.request-id', 'A reply repeats the requestId, an error too', async (cast) => {
    const device = await (await cast.person('alice')).connect();
    for (const requestId of ['r', 'x'.repeat(64), 'ü 👍 "quoted"']) {
      device.sendText(JSON.stringify({ action: 'heartbeat', requestId }));
      const reply = await device.until(
        () => device.frames.find((frame) => frame['requestId'] === requestId),
        `the reply to ${requestId}`,
      );
      read(Heartbeat, reply, 'The reply');
      device.sendText(JSON.stringify({ action: 'noSuchAction', requestId }));
      await device.event(ErrorFrame, 'error', (error) => error.requestId === requestId);
    }
    await device.close();
  }),
  must(
    'ws.frame.unknown-action',
    'An unknown action is BAD_REQUEST, and the socket stays usable',
    async (cast) => {
      const device = await (await cast.person('alice')).device();
      for (const action of ['noSuchAction', '$connect', '__proto__', 7, null]) {
        await device.refused({ action }, 'BAD_REQUEST');
      }
      await device.refused({}, 'BAD_REQUEST');
      await device.reply({ action: 'heartbeat' }, Heartbeat);
    },
  ),
  must(
    'ws.frame.malformed',
    'What is no JSON object is BAD_REQUEST, and the socket stays usable',
    async (cast) => {
      const device = await (await cast.person('alice')).connect();
      const texts = ['{', 'hello', '[]', '"text"', '{"action":"heartbeat",}'];
      for (const [index, text] of texts.entries()) {
        device.sendText(text);
        const error = await device.until(
          () => device.frames.filter((frame) => frame['type'] === 'error')[index],
          `an error about ${text}`,
        );
        equal(read(ErrorFrame, error, 'The error').code, 'BAD_REQUEST');
      }
      await device.reply({ action: 'heartbeat' }, Heartbeat);
      await device.close();
    },
  ),
  must(
    'ws.frame.fields',
    'A field that is missing, unknown or of the wrong type is BAD_REQUEST',
    async (cast) => {
      const device = await (await cast.person('alice')).device();
      const conversationId = await cast.sharedGroup();
      const send = { action: 'sendMessage', conversationId, messageId: randomUUID(), content: 'x' };
      const sync = { action: 'sync', conversations: [{ conversationId, afterSeq: 0 }] };
      const wrong = [
        { ...send, content: undefined },
        { ...send, extra: 1 },
        { ...send, replyTo: -1 },
        { ...send, conversationId: 7 },
        { action: 'markRead', conversationId },
        { action: 'markRead', conversationId, seq: '1' },
        { action: 'heartbeat', extra: true },
        { ...sync, conversations: [] },
        { ...sync, limit: 101 },
        { ...sync, conversations: [{ conversationId, afterSeq: -1 }] },
        {
          ...sync,
          conversations: Array.from({ length: 51 }, (_, n) => ({ conversationId: `c${n}`, afterSeq: 0 })),
        },
      ];
      for (const frame of wrong) await device.refused(frame, 'BAD_REQUEST');
    },
  ),
  must(
    'ws.frame.too-large',
    'A frame over 32 KiB is refused: with PAYLOAD_TOO_LARGE, or by closing with 1009',
    async (cast) => {
      const alice = await cast.person('alice');
      const device = await alice.connect();
      const conversationId = await cast.sharedGroup();
      const messageId = randomUUID();
      const content = 'x'.repeat(33 * 1024);
      device.sendText(JSON.stringify({ action: 'sendMessage', conversationId, messageId, content }));
      const refusal = device
        .event(ErrorFrame, 'error', () => true)
        .then(
          ({ code }) => code === 'PAYLOAD_TOO_LARGE',
          () => false,
        );
      const closing = device.closed.then(({ code }) => code === 1009);
      ok(await Promise.race([closing, refusal]), 'neither PAYLOAD_TOO_LARGE nor 1009');
      await device.close();
    },
  ),
  must('ws.frame.largest', 'The longest content fits a frame', async (cast) => {
    const alice = await cast.person('alice');
    const device = await alice.device();
    const frame = {
      action: 'sendMessage',
      conversationId: await cast.sharedGroup(),
      messageId: randomUUID(),
    };
    await device.reply({ ...frame, content: '\n'.repeat(8_000) }, SendAck);
  }),
]);
