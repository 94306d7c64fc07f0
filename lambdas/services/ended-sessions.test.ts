import fc from 'fast-check';
import { expect, test } from 'vitest';
import { goesOn, type SessionClaim } from '../../shared/domain/sessions.ts';
import {
  type EndedMembership,
  type EndedSessions,
  endedSessions,
  hasEnded,
} from '../stores/ended-membership-store.ts';
import type { Membership } from '../stores/inbox-store.ts';
import type { ConnectionRegistry, SessionConnection } from '../stores/presence-store.ts';
import type {
  Subscriber,
  Subscription,
  SubscriptionStore,
  SubscriptionWriter,
} from '../stores/subscription-store.ts';
import { Arrival } from './arrival.ts';
import { Closing } from './closing.ts';
import { CutOff } from './cut-off.ts';
import { Presence } from './presence.ts';
import { Registrations } from './registrations.ts';
import { Subscriptions } from './subscriptions.ts';

/** Resolves when a call that was made now reaches whom it asks, or its answer whoever made it. */
type Way = () => Promise<void>;

const userId = 'mallory';
const live = { openedAt: 0, renewedAt: 0, expiresAt: Number.POSITIVE_INFINITY };

/** One user's account, connections and large groups, in tables and an API Gateway in memory: what one call does, is one step. */
class Deployment {
  user = { authEpoch: 1, sessions: { stolen: live, own: live } as Record<string, typeof live> };
  readonly sockets = new Map<string, 'opening' | 'open' | 'closed'>();
  readonly received = new Map<string, string[]>();
  readonly #registered = new Map<string, SessionConnection>();
  readonly #marked = new Set(['large']);
  readonly #subscribed = new Map<string, Map<string, Subscription>>();
  readonly #ended: EndedMembership[] = [];
  readonly #way: Way;
  /** Whether API Gateway answers a call to close a connection. */
  readonly #canClose: () => boolean;

  constructor(way: Way, canClose: () => boolean) {
    this.#way = way;
    this.#canClose = canClose;
  }

  /** What a socket's client does, from the handshake on. */
  async connect(connectionId: string, claim: SessionClaim): Promise<void> {
    const { arrival, subscriptions } = this.#functions();
    await this.#way();
    if (!goesOn(this.user, claim)) return; // The authorizer.
    this.sockets.set(connectionId, 'opening');
    const connection = this.#connectionOf(connectionId, claim);
    try {
      await arrival.opens(connection, () => subscriptions.open(connection));
    } catch (error) {
      expect(error).toMatchObject({ code: 'UNAUTHENTICATED' });
      this.sockets.set(connectionId, 'closed');
      return;
    }
    await this.#way();
    this.sockets.set(connectionId, 'open');
  }

  async heartbeat(connectionId: string, claim: SessionClaim): Promise<void> {
    await this.#way();
    if (this.sockets.get(connectionId) !== 'open') return;
    const { presence, subscriptions } = this.#functions();
    const connection = this.#connectionOf(connectionId, claim);
    await presence.seen(connection, () => subscriptions.mend(connection)).catch(() => {});
  }

  /** As by a write that never arrived. */
  async loseRegistration(connectionId: string): Promise<void> {
    await this.#way();
    this.#registered.delete(connectionId);
  }

  isRegistered(connectionId: string): boolean {
    return this.#registered.has(connectionId);
  }

  async logout(): Promise<void> {
    await this.#way();
    this.user = { authEpoch: this.user.authEpoch + 1, sessions: {} };
    await this.#way();
    await this.#functions().closing.of(userId);
  }

  async endSession(sessionId: string): Promise<void> {
    await this.#way();
    const { [sessionId]: _, ...sessions } = this.user.sessions;
    this.user = { ...this.user, sessions };
    await this.#way();
    await this.#functions().closing.of(userId, sessionId);
  }

  /** A group outgrows pushing member by member. */
  async grow(conversationId: string): Promise<void> {
    await this.#way();
    this.#marked.add(conversationId);
    await this.#way();
    await this.#functions().subscriptions.subscribe([{ userId, conversationId, joinedAt: 'then' }]);
  }

  /** What somebody says in a small group, which is pushed to the connections that are registered. */
  async pushToMembers(text: string): Promise<void> {
    await this.#way();
    const connectionIds = [...this.#registered.keys()];
    await Promise.all(connectionIds.map((connectionId) => this.#post(connectionId, text)));
  }

  /** What somebody says in a large group, which is pushed to the connections that are subscribed. */
  async fanOut(conversationId: string, text: string): Promise<void> {
    const [subscribed, ended] = await Promise.all([
      this.#way().then(() => [...(this.#subscribed.get(conversationId)?.values() ?? [])]),
      this.#way().then(() => this.#ended.filter((one) => one.conversationId === conversationId)),
    ]);
    const isEnded = hasEnded(ended);
    const reachable = subscribed.filter((one) => !isEnded(one)).map(({ connectionId }) => connectionId);
    await Promise.all(reachable.map((connectionId) => this.#post(connectionId, text)));
  }

  async #post(connectionId: string, text: string): Promise<void> {
    await this.#way();
    if (this.sockets.get(connectionId) !== 'open') return;
    this.received.set(connectionId, [...(this.received.get(connectionId) ?? []), text]);
  }

  #connectionOf(connectionId: string, claim: SessionClaim): SessionConnection {
    const now = Date.now();
    return { userId, connectionId, connectedAt: now, lastSeenAt: now, ...claim };
  }

  #functions() {
    const way = this.#way;
    const registry = {
      register: async (connection: SessionConnection) => {
        await way();
        const others = [...this.#registered.values()].filter(
          (one) => one.connectionId !== connection.connectionId,
        );
        const isNew = others.length === this.#registered.size;
        this.#registered.set(connection.connectionId, connection);
        return { isNew, others };
      },
      remove: async ({ connectionId }: Pick<SessionConnection, 'connectionId'>) => {
        await way();
        this.#registered.delete(connectionId);
      },
      connectionsOf: async () => {
        await way();
        return [...this.#registered.values()];
      },
      reread: async () => {},
      connectionsOfAll: async () => {
        await way();
        return [...this.#registered.values()];
      },
    };
    const gateway = {
      close: async (connectionId: string) => {
        await way();
        if (!this.#canClose()) throw new Error('Throttled');
        if (this.sockets.get(connectionId) !== 'open') return 'gone' as const;
        this.sockets.set(connectionId, 'closed');
        return 'closed' as const;
      },
    };
    const inbox = {
      subscribed: async (): Promise<Membership[]> => {
        await way();
        return [...this.#marked].map((conversationId) => ({ userId, conversationId, joinedAt: 'then' }));
      },
    };
    const store = {
      missing: async (connectionId: string, memberships: Membership[]) => {
        await way();
        return memberships.filter((one) => !this.#subscribed.get(one.conversationId)?.has(connectionId));
      },
      putAll: async (memberships: Membership[], subscriber: Subscriber) => {
        await Promise.all(memberships.map((membership) => put(membership, subscriber)));
      },
    };
    const put = async ({ conversationId, joinedAt }: Membership, subscriber: Subscriber) => {
      await way();
      const others = this.#subscribed.get(conversationId) ?? new Map<string, Subscription>();
      this.#subscribed.set(conversationId, others);
      others.set(subscriber.connectionId, { ...subscriber, joinedAt });
      await way();
    };
    const writer = { put };
    const ended = {
      put: async (item: EndedMembership) => {
        await way();
        this.#ended.push(item);
      },
    };
    const profiles = {
      user: async () => {
        await way();
        return { ...this.user, userId, username: userId, displayName: userId, createdAt: 'then' };
      },
    };
    const registrations = new Registrations(registry as unknown as ConnectionRegistry, gateway, () => {});
    return {
      arrival: new Arrival(registrations, profiles),
      presence: new Presence(registrations, profiles),
      closing: new Closing(registrations, profiles, new CutOff(inbox, ended)),
      subscriptions: new Subscriptions(
        store as unknown as SubscriptionStore,
        writer as unknown as SubscriptionWriter,
        inbox as unknown as ConstructorParameters<typeof Subscriptions>[2],
        registry as unknown as ConstructorParameters<typeof Subscriptions>[3],
      ),
    };
  }
}

type Device = { session: 'stolen' | 'own'; isHeardOf: boolean; losesRegistration: boolean };
type Step = Device | 'grow' | 'push';

const device: fc.Arbitrary<Device> = fc.record({
  session: fc.constantFrom('stolen', 'stolen', 'own'),
  isHeardOf: fc.boolean(),
  losesRegistration: fc.boolean(),
});
const steps = fc.array(fc.oneof({ weight: 3, arbitrary: device }, fc.constantFrom<Step>('grow', 'push')), {
  minLength: 1,
  maxLength: 4,
});
const claims = {
  stolen: { authEpoch: 1, sessionId: 'stolen' },
  own: { authEpoch: 1, sessionId: 'own' },
};

test('whatever races with its end, a session receives nothing that is said afterwards, and the others all', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      steps,
      fc.constantFrom('logout' as const, 'endSession' as const),
      fc.infiniteStream(fc.boolean()),
      async (scheduler, taken, how, closes) => {
        let isSlow = true;
        const way = () => (isSlow ? scheduler.schedule(Promise.resolve()) : Promise.resolve());
        const deployment = new Deployment(way, () => closes.next().value);

        const take = async (step: Step, index: number) => {
          if (step === 'grow') return deployment.grow('growing');
          if (step === 'push') {
            await deployment.pushToMembers('before');
            return deployment.fanOut('large', 'before');
          }
          const connectionId = `${step.session} ${index}`;
          await deployment.connect(connectionId, claims[step.session]);
          if (step.losesRegistration) await deployment.loseRegistration(connectionId);
          if (step.isHeardOf) await deployment.heartbeat(connectionId, claims[step.session]);
        };
        const end = async () => {
          await (how === 'logout' ? deployment.logout() : deployment.endSession('stolen'));
          await Promise.all([
            deployment.pushToMembers('after'),
            deployment.fanOut('large', 'after'),
            deployment.fanOut('growing', 'after'),
          ]);
        };
        await scheduler.waitFor(Promise.all([...taken.map(take), end()]));
        isSlow = false;

        for (const connectionId of deployment.sockets.keys()) {
          const session = connectionId.startsWith('own') ? 'own' : 'stolen';
          if (goesOn(deployment.user, claims[session]))
            await deployment.heartbeat(connectionId, claims[session]);
        }
        await deployment.grow('growing');
        await deployment.pushToMembers('at last');
        await deployment.fanOut('large', 'at last');
        await deployment.fanOut('growing', 'at last');
        for (const [connectionId, state] of deployment.sockets) {
          const heard = deployment.received.get(connectionId) ?? [];
          if (goesOn(deployment.user, claims[connectionId.startsWith('own') ? 'own' : 'stolen'])) {
            expect(state).toBe('open');
            expect(heard.filter((text) => text === 'at last')).toHaveLength(3);
          } else {
            expect(heard.filter((text) => text !== 'before')).toEqual([]);
            expect(deployment.isRegistered(connectionId)).toBe(false);
          }
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

test('nor one whose socket registers anew while its session ends', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      let isSlow = false;
      const way = () => (isSlow ? scheduler.schedule(Promise.resolve()) : Promise.resolve());
      const deployment = new Deployment(way, () => true);
      await deployment.connect('stolen', claims.stolen);
      await deployment.loseRegistration('stolen');
      isSlow = true;
      await scheduler.waitFor(
        Promise.all([deployment.heartbeat('stolen', claims.stolen), deployment.logout()]),
      );
      isSlow = false;
      await deployment.pushToMembers('after');
      expect(deployment.received.get('stolen') ?? []).toEqual([]);
      expect(deployment.isRegistered('stolen')).toBe(false);
    }),
    { numRuns: 500 },
  );
});

test('an ended session is its own user’s alone, and one kept in a later epoch goes on', () => {
  const subscription = { userId: 'alice', connectionId: 'c', connectedAt: 0, joinedAt: 'then' };
  const own = { ...subscription, authEpoch: 2, sessionId: 'ses_alice' };
  const ends = (sessions: EndedSessions) => hasEnded([endedSessions('large', sessions, 0)])(own);
  expect(ends({ userId: 'alice', sessionId: 'ses_alice' })).toBe(true);
  expect(ends({ userId: 'mallory', sessionId: 'ses_alice' })).toBe(false);
  expect(ends({ userId: 'alice', authEpoch: 3 })).toBe(true);
  expect(ends({ userId: 'alice', authEpoch: 2 })).toBe(false);
  expect(ends({ userId: 'mallory', authEpoch: 3 })).toBe(false);
});
