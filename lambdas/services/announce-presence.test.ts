import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { UserPresence } from '../../shared/protocol/entities.ts';
import { AnnouncePresence } from './announce-presence.ts';

type Status = UserPresence['status'];
/** Resolves when a call that was made now reaches whom it asks. */
type Way = () => Promise<void>;

/** Which of Bob's devices are registered: what one update of his item is, is one step here. */
class Devices {
  readonly #registered = new Set<string>();

  get status(): Status {
    return this.#registered.size > 0 ? 'online' : 'offline';
  }

  get registered(): string[] {
    return [...this.#registered];
  }

  /** Whether there is no other. */
  register(device: string): boolean {
    const isOnly = this.#registered.size === 0;
    this.#registered.add(device);
    return isOnly;
  }

  remove(device: string): void {
    this.#registered.delete(device);
  }
}

/** Alice shares a DM with Bob, and hears what is posted to her. */
function announcing(devices: Devices, way: Way, heard: Status[]): AnnouncePresence {
  return new AnnouncePresence({
    inbox: {
      async directPeers() {
        await way();
        return ['alice'];
      },
    },
    statuses: {
      async of() {
        await way();
        return [{ userId: 'bob', status: devices.status, lastSeenAt: null }];
      },
    },
    push: {
      async toUsers(userIds, event) {
        expect([...userIds]).toEqual(['alice']);
        await way(); // To the table, for her connections.
        await way(); // To her connection.
        if (event?.type === 'presence') heard.push(...event.users.map(({ status }) => status));
        await way(); // Back.
      },
    },
    report: (what, _, error) => {
      throw new Error(what, { cause: error });
    },
    clock: () => 0,
  });
}

/** The functions behind `$connect`, `$disconnect` and a logout, in as many containers as there are calls. */
function functionsOf(devices: Devices, way: Way, heard: Status[]) {
  const announcements = announcing(devices, way, heard);
  const disconnect = async (device: string) => {
    await way();
    devices.remove(device);
    await announcements.went('bob');
  };
  return {
    async connect(device: string) {
      await way();
      if (devices.register(device)) await announcements.came('bob');
    },
    disconnect,
    /** Closes and removes each, while API Gateway tells of its end. */
    async endAll() {
      await way();
      const ended = devices.registered.map(async (device) => {
        await way();
        const told = disconnect(device);
        await way();
        devices.remove(device);
        await told;
      });
      await Promise.all(ended);
    },
  };
}

test('however late each call is, the last event says how things are', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      // Of each device, how often it connects or disconnects.
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      async (scheduler, changesOfEach, logsOut) => {
        const devices = new Devices();
        const heard: Status[] = [];
        const way = () => scheduler.schedule(Promise.resolve());
        const functions = functionsOf(devices, way, heard);
        const use = async (changes: number, device: number) => {
          for (let change = 0; change < changes; change += 1) {
            const connection = `${device}/${Math.floor(change / 2)}`;
            await (change % 2 === 0 ? functions.connect(connection) : functions.disconnect(connection));
          }
        };
        await scheduler.waitFor(
          Promise.all([...changesOfEach.map(use), ...(logsOut ? [functions.endAll()] : [])]),
        );
        expect(heard.at(-1) ?? 'offline').toBe(devices.status);
      },
    ),
    { numRuns: 2_000 },
  );
});

test('one device that comes and goes while nothing else does is told of once each time', async () => {
  const devices = new Devices();
  const heard: Status[] = [];
  const { connect, disconnect } = functionsOf(devices, async () => {}, heard);
  await connect('phone');
  await connect('laptop');
  await disconnect('phone');
  expect(heard).toEqual(['online']);
  await disconnect('laptop');
  await connect('laptop');
  expect(heard).toEqual(['online', 'offline', 'online']);
});

test('that nobody can be told is reported, and no reason to fail', async () => {
  const reported: string[] = [];
  const failing = async () => {
    throw new Error('The table is down');
  };
  const announcements = new AnnouncePresence({
    inbox: { directPeers: failing },
    statuses: { of: failing },
    push: { toUsers: failing },
    report: (what) => reported.push(what),
  });
  await announcements.came('bob');
  await announcements.went('bob');
  expect(reported).toEqual(['presence could not be announced', 'presence could not be announced']);
});
