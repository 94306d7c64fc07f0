import { durationOf, durationText, givenOptions, numberOf, UsageError, urlOf } from './option-values.ts';
import type { GroupSpec } from './population.ts';

export type LoadOptions = {
  users: number;
  groups: GroupSpec[];
  directs: number;
  /** Messages per second, all users together. */
  rate: number;
  /** To messages, for each 100 messages. */
  changes: number;
  durationMs: number;
  /** New connections per second. */
  ramp: number;
  settleMs: number;
  seed: number;
  /** A deployment; undefined is an embedded runtime of the run's own. */
  url: string | undefined;
  webSocketUrl: string | undefined;
  /** Users are `<name>-0`, `<name>-1` …; those that exist are signed in. */
  name: string;
  password: string;
  reportDirectory: string;
};

/** One process holds all clients and all that they heard, and nobody means a day when they type a day. */
export const loadLimits = {
  users: 5_000,
  conversations: 20_000,
  rate: 1_000,
  durationMs: 60 * 60_000,
  /** Messages times members: each delivery is remembered until it has been verified. */
  deliveries: 5_000_000,
  /** Parley's default limit is 10 for each user, with a burst of 20: docs/protocol.md. */
  ratePerUser: 8,
} as const;

export const defaultChanges = 10;

const optionNames = [
  'users',
  'groups',
  'dms',
  'rate',
  'changes',
  'duration',
  'ramp',
  'settle',
  'seed',
  'url',
  'ws',
  'name',
  'password',
  'report',
] as const;

export const loadUsage = `Usage: npm run loadtest -- [options]

Lets users chat through @parley/client, measures, and verifies that every message was stored once and
received once by each member, in order, and that everybody has what became of it. Exits 1 where not.

  --users N        users, each with one connection              default 20, at most ${loadLimits.users}
  --groups SPEC    groups: 10x20,1x200 is ten of twenty
                   members and one of two hundred               default none
  --dms N          conversations of two                         default half as many as users
  --rate R         messages per second, all together            default 10, at most ${loadLimits.rate},
                   and ${loadLimits.ratePerUser} for each user who is in a conversation
  --changes N      edits, deletions and reactions for each
                   100 messages, at the same limit              default ${defaultChanges}, at most 100
  --duration D     how long messages are sent: 30s, 5m          default 30s, at most ${durationText(loadLimits.durationMs)}
  --ramp R         new connections per second                   default 50
  --settle D       how long the last messages may take          default 2m
  --seed S         who talks with whom and when                 default drawn, and printed
  --report DIR     where the JSON and HTML reports go           default reports

Against a deployment; without --url an embedded runtime is started in a temporary folder:

  --url URL        its HTTP API, the output HttpUrl or WebUrl
  --ws URL         its WebSocket API, the output WebSocketUrl   default /connect at the host of --url
  --name NAME      users are NAME-0, NAME-1 …; those that       default drawn
                   exist are signed in with --password
  --password P     of all of these users                        default drawn, unless --name is given

Users and conversations stay behind in the deployment. It must have registration on, or the users must exist;
registrations are limited by address (20 an hour by default), and the run waits for that where it has to.`;

/** `undefined` where help is asked for. */
export function parseLoadOptions(
  args: string[],
  draw: { seed: number; word: string },
): LoadOptions | undefined {
  const { values, flags } = givenOptions(args, optionNames, ['help']);
  if (flags.has('help')) return undefined;
  const users = numberOf('users', values.users ?? '20', { min: 2, max: loadLimits.users });
  const most = Math.min(loadLimits.conversations, (users * (users - 1)) / 2);
  const options: LoadOptions = {
    users,
    groups: parseGroups(values.groups ?? '', users),
    directs: numberOf('dms', values.dms ?? String(Math.floor(users / 2)), { min: 0, max: most }),
    rate: numberOf('rate', values.rate ?? '10', { min: 0.1, max: loadLimits.rate, fractions: true }),
    changes: changesOf(values.changes),
    durationMs: durationOf('duration', values.duration ?? '30s', {
      minMs: 1_000,
      maxMs: loadLimits.durationMs,
    }),
    ramp: numberOf('ramp', values.ramp ?? '50', { min: 1, max: 500 }),
    settleMs: durationOf('settle', values.settle ?? '2m', { minMs: 1_000, maxMs: 10 * 60_000 }),
    seed: numberOf('seed', values.seed ?? String(draw.seed), { min: 0, max: 2 ** 32 - 1 }),
    url:
      values.url === undefined
        ? undefined
        : urlOf('url', values.url, ['http:', 'https:']).replace(/\/v1$/, ''),
    webSocketUrl: values.ws === undefined ? undefined : urlOf('ws', values.ws, ['ws:', 'wss:']),
    name: nameOf(values.name ?? `load-${draw.word}`),
    password: values.password ?? `load-${draw.word}-password`,
    reportDirectory: values.report ?? 'reports',
  };
  if (options.webSocketUrl !== undefined && options.url === undefined)
    throw new UsageError('--ws belongs to a deployment: give its --url too.');
  if (values.name !== undefined && values.password === undefined)
    throw new UsageError('--name needs the --password of these users.');
  checkSize(options);
  return options;
}

export function changesOf(text: string | undefined): number {
  return numberOf('changes', text ?? String(defaultChanges), { min: 0, max: 100 });
}

export function parseGroups(text: string, users: number): GroupSpec[] {
  if (text === '') return [];
  return text.split(',').map((part) => {
    const [, count = '', size = ''] = /^(\d+)x(\d+)$/.exec(part.trim()) ?? [];
    const group = { count: Number(count), size: Number(size) };
    if (!(group.count >= 1 && group.size >= 2 && group.size <= users)) {
      throw new UsageError(
        `--groups is a list such as 10x20,1x200, of groups with 2 to ${users} members (as many as --users), not "${text}".`,
      );
    }
    return group;
  });
}

/** Beside the `-<number>` that follows it must fit a username. */
function nameOf(text: string): string {
  if (!/^[a-z0-9_.-]{1,26}$/.test(text))
    throw new UsageError(`--name is 1 to 26 characters of a-z, 0-9, _, . and -, not "${text}".`);
  return text;
}

function checkSize({ users, groups, directs, rate, changes, durationMs }: LoadOptions): void {
  const groupCount = groups.reduce((sum, { count }) => sum + count, 0);
  const groupSeats = groups.reduce((sum, { count, size }) => sum + count * size, 0);
  const seats = groupSeats + directs * 2;
  const conversations = groupCount + directs;
  if (conversations === 0) throw new UsageError('Nobody can talk: give --groups, --dms, or both.');
  if (conversations > loadLimits.conversations)
    throw new UsageError(`${conversations} conversations are too many: at most ${loadLimits.conversations}.`);
  const speakers = Math.min(users, Math.max(groupSeats, directs * 2));
  if ((rate * (100 + changes)) / 100 > speakers * loadLimits.ratePerUser) {
    const both = changes === 0 ? '' : `, with ${changes} changes for each 100,`;
    throw new UsageError(
      `${rate} messages per second${both} are more than ${loadLimits.ratePerUser} for each of the ${speakers} users who can talk: Parley would refuse them (10 a second for each user). Add users or lower --rate.`,
    );
  }
  const deliveries = Math.round(((rate * durationMs) / 1000) * (seats / conversations));
  if (deliveries > loadLimits.deliveries) {
    throw new UsageError(
      `About ${deliveries} deliveries are more than the ${loadLimits.deliveries} that one run can verify. Lower --rate, --duration or the groups.`,
    );
  }
}
