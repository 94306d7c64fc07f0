/** The whole protocol, in the order in which it is tried. */
import type { Requirement } from './requirement.ts';
import { accounts } from './sections/accounts.ts';
import { actions, events } from './sections/actions.ts';
import { conversations, members } from './sections/conversations.ts';
import { errors, secrecy } from './sections/errors.ts';
import { frames } from './sections/frames.ts';
import { handshake } from './sections/handshake.ts';
import { messages } from './sections/messages.ts';
import { erasure, promises } from './sections/promises.ts';
import { values } from './sections/values.ts';

export const requirements: readonly Requirement[] = [
  ...values,
  ...accounts,
  ...conversations,
  ...members,
  ...messages,
  ...handshake,
  ...frames,
  ...actions,
  ...events,
  ...promises,
  ...errors,
  ...erasure,
  ...secrecy,
];

const stable = /^[a-z0-9-]+(\.[a-z0-9-]+)*$/;
for (const { id } of requirements) {
  if (!stable.test(id)) throw new Error(`"${id}" is no id of a requirement`);
}
if (new Set(requirements.map(({ id }) => id)).size !== requirements.length) {
  throw new Error('Two requirements have the same id');
}
