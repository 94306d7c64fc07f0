import { equal, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { must, Skipped, section, smoke } from '../requirement.ts';
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
      let answers = 0;
      for (let text = texts.shift(); text !== undefined; text = texts.shift()) {
        device.sendText(text);
        const error = await device.until(
          () => device.frames.filter((frame) => frame['type'] === 'error')[answers],
          `an error about ${text}`,
        );
        answers += 1;
        const { code, retryAfterMs = 1000 } = read(ErrorFrame, error, 'The error');
        if (code !== 'RATE_LIMITED') {
          equal(code, 'BAD_REQUEST');
          continue;
        }
        // Malformed frames count, and others came before.
        await delay(retryAfterMs);
        texts.unshift(text);
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
  must(
    'ws.frame.flood',
    'Malformed frames count as actions: many get RATE_LIMITED, and a socket that goes on is closed',
    async (cast) => {
      // Whose refusals are in nobody's way: what is over the rate is forgotten within seconds.
      const device = await (await cast.person('dave')).connect();
      for (let sent = 0; sent < 200; sent += 1) device.sendText('{"action":"noSuchAction"}');
      const isClosed = await Promise.race([
        device.closed.then(() => true),
        // It ends with the socket, too.
        device.until(() => device.frames[199], 'an answer to each frame').catch(() => !device.isOpen),
      ]);
      // A gateway that is too busy answers some of them itself, without a type.
      const errors = device.frames
        .filter((frame) => 'type' in frame)
        .map((frame) => read(ErrorFrame, frame, 'The answer'));
      const refused = errors.filter(({ code }) => code === 'RATE_LIMITED');
      for (const { code } of errors) ok(code === 'BAD_REQUEST' || code === 'RATE_LIMITED', code);
      for (const { retryAfterMs } of refused) ok((retryAfterMs ?? 0) > 0, 'no retryAfterMs');
      if (refused.length === 0) throw new Skipped('its limit is higher than 200 frames at once');
      ok(isClosed === true, `the socket is open after ${refused.length} refusals`);
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
