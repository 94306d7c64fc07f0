import { limits } from '../../shared/protocol/limits.ts';
import { usual, type Workload } from './workload.ts';

export const usage = `npm run capacity -- --users 10000 --messages-per-user-day 40 --group-size 5 --online 0.1

  --users                  people who use the chat
  --messages-per-user-day  messages that each of them sends
  --group-size             members of the conversation that a message goes to: 2 to ${limits.groupMembers}
  --online                 part of the users connected at a time, averaged over the day: 0 to 1
  --content-bytes          bytes of a message's text (${usual.contentBytes})
  --opens-per-user-day     how often a user opens the app in a day (${usual.opensPerUserDay}), with ${usual.readsPerOpen} HTTP reads each time
  --peak                   how many times the average the busiest second is (${usual.peak})
  --shards                 "on-demand", or the number of shards of a provisioned stream (${usual.shards})`;

/** Throws with the option's name and what it may be. */
export function readWorkload(options: Record<string, string | boolean | undefined>): Workload {
  const number = (name: string, from: number, to: number, otherwise?: number): number => {
    const text = options[name];
    if (text === undefined && otherwise !== undefined) return otherwise;
    const value = text === undefined || text === '' ? Number.NaN : Number(text);
    if (!(value >= from && value <= to)) {
      throw new Error(
        `--${name} must be a number from ${from} to ${to}${text === undefined ? '' : `, not "${text}"`}.\n\n${usage}`,
      );
    }
    return value;
  };
  return {
    users: number('users', 1, 1e10),
    messagesPerUserDay: number('messages-per-user-day', 0.001, 100_000),
    groupSize: number('group-size', 2, limits.groupMembers),
    online: number('online', 0, 1),
    contentBytes: number('content-bytes', 1, limits.contentBytes, usual.contentBytes),
    peak: number('peak', 1, 1_000, usual.peak),
    readMarkersPerMessage: usual.readMarkersPerMessage,
    opensPerUserDay: number('opens-per-user-day', 0, 1_000, usual.opensPerUserDay),
    readsPerOpen: usual.readsPerOpen,
    shards:
      options['shards'] === undefined || options['shards'] === 'on-demand'
        ? 'on-demand'
        : number('shards', 1, 100_000),
  };
}
