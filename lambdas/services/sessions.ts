import { newSessionId } from '../../shared/domain/ids.ts';
import { tokenLifetimeMs } from '../../shared/domain/secret-keys.ts';
import { isPast, type Session, type SessionClaim, sessionsToForget } from '../../shared/domain/sessions.ts';
import type { SessionInfo } from '../../shared/protocol/entities.ts';
import { notSignedIn, unavailable } from '../../shared/protocol/errors.ts';
import type { ErasureQueue } from '../stores/erasure-queue.ts';
import type { SessionStore } from '../stores/session-store.ts';
import type { User } from '../stores/user-store.ts';
import { within } from '../stores/within.ts';
import type { Closing } from './closing.ts';
import type { Registrations } from './registrations.ts';
import type { Report } from './report.ts';
import type { IssuedToken, Tokens } from './tokens.ts';

/** A user, with the session that the request came in. */
export type SignedInUser = User & Pick<SessionClaim, 'sessionId'>;

/** Before what a request did not get done is done in the background. */
const secondTryAfterSeconds = 5;
/** Closing may take long where API Gateway or the tables are slow, and the caller waits. */
const closeWithinMs = 5_000;

/** What each sign-in begins, and what sign-out ends: docs/adr/0018-sessions.md. */
export class Sessions {
  readonly #store: SessionStore;
  readonly #tokens: Tokens;
  readonly #closing: Pick<Closing, 'of'>;
  readonly #registrations: Pick<Registrations, 'lastSeenOfSessions'>;
  readonly #queue: Pick<ErasureQueue, 'putClosing'>;
  readonly #report: Report;
  readonly #maximumMs: number;
  readonly #clock: () => number;

  constructor(
    parts: {
      store: SessionStore;
      tokens: Tokens;
      closing: Pick<Closing, 'of'>;
      registrations: Pick<Registrations, 'lastSeenOfSessions'>;
      queue: Pick<ErasureQueue, 'putClosing'>;
      report: Report;
      /** How long a session can be renewed. */
      maximumMs: number;
    },
    clock: () => number = Date.now,
  ) {
    this.#store = parts.store;
    this.#tokens = parts.tokens;
    this.#closing = parts.closing;
    this.#registrations = parts.registrations;
    this.#queue = parts.queue;
    this.#report = parts.report;
    this.#maximumMs = parts.maximumMs;
    this.#clock = clock;
  }

  /** One that is not stored yet. */
  begin(deviceName: string | undefined): { sessionId: string; session: Session } {
    const now = this.#clock();
    return {
      sessionId: newSessionId(),
      session: {
        openedAt: now,
        ...this.#renewedAt(now, now),
        ...(deviceName !== undefined && { deviceName }),
      },
    };
  }

  /** Opens another session of a user who has just proved who they are. One too many ends the one renewed longest ago. */
  async open(user: User, deviceName: string | undefined): Promise<IssuedToken> {
    const { sessionId, session } = this.begin(deviceName);
    const sessions = user.sessions ?? {};
    const forgotten = sessionsToForget(sessions, session.openedAt);
    const ended = forgotten.filter((id) => sessions[id] && !isPast(sessions[id], session.openedAt));
    for (const id of ended) await this.#queue.putClosing(user.userId, id, secondTryAfterSeconds);
    if (!(await this.#store.open(user, sessionId, session, forgotten))) {
      throw unavailable('All sessions of this account were ended meanwhile: try again.');
    }
    for (const id of ended) await this.#close(user.userId, id);
    return this.issue(user, sessionId, session);
  }

  async issue(
    { userId, authEpoch }: Pick<User, 'userId' | 'authEpoch'>,
    sessionId: string,
    { expiresAt }: Session,
  ): Promise<IssuedToken> {
    return this.#tokens.issue({ userId, authEpoch, sessionId }, expiresAt);
  }

  /** A fresh token within the caller's session. Throws `UNAUTHENTICATED` where the session is too old to go on. */
  async renew(caller: SignedInUser): Promise<IssuedToken> {
    const { sessionId, session } = this.renewed(caller);
    if (!(await this.#store.renew(caller, sessionId, session))) throw notSignedIn();
    return this.issue(caller, sessionId, session);
  }

  /** The caller's session as it is once it is renewed. Throws `UNAUTHENTICATED` as {@link renew} does. */
  renewed({ sessions, sessionId }: SignedInUser): { sessionId: string; session: Session } {
    const session = sessionId === undefined ? undefined : sessions?.[sessionId];
    if (sessionId === undefined || session === undefined) throw notSignedIn();
    const now = this.#clock();
    const times = this.#renewedAt(now, session.openedAt);
    if (times.expiresAt <= now) throw notSignedIn();
    return { sessionId, session: { ...session, ...times } };
  }

  /** Those of which a token is good, newest use first. */
  async of({ userId, sessions = {}, sessionId: current }: SignedInUser): Promise<SessionInfo[]> {
    const now = this.#clock();
    const lastSeen = await this.#registrations.lastSeenOfSessions(userId);
    return Object.entries(sessions)
      .filter(([, session]) => session.expiresAt > now)
      .map(([sessionId, session]) => ({
        sessionId,
        deviceName: session.deviceName ?? null,
        createdAt: iso(session.openedAt),
        lastUsedAt: iso(Math.max(session.renewedAt, lastSeen.get(sessionId) ?? 0)),
        current: sessionId === current,
      }))
      .sort((one, other) => (one.lastUsedAt < other.lastUsedAt ? 1 : -1));
  }

  /** Ends one session of the user's, and closes its connections. One that has ended already stays so. */
  async end(userId: string, sessionId: string): Promise<void> {
    await this.#end(userId, sessionId, () => this.#store.end(userId, sessionId));
  }

  /** Ends all of them that were opened at this epoch or before. */
  async endAll({ userId, authEpoch }: User): Promise<void> {
    await this.endingAll(userId, () => this.#store.endAll(userId, authEpoch));
  }

  /** Carries out what ends all of a user's sessions, and closes their connections. */
  async endingAll(userId: string, end: () => Promise<void>): Promise<void> {
    await this.#end(userId, undefined, end);
  }

  /** Whatever becomes of this call, once `end` has happened the connections are closed: here, or in the background. */
  async #end(userId: string, sessionId: string | undefined, end: () => Promise<void>): Promise<void> {
    await this.#queue.putClosing(userId, sessionId, secondTryAfterSeconds);
    await end();
    await this.#close(userId, sessionId);
  }

  /** What it cannot do, or not in time, is no reason to fail: the session has ended, and a job is queued. */
  async #close(userId: string, sessionId: string | undefined): Promise<void> {
    try {
      await within(closeWithinMs, this.#closing.of(userId, sessionId));
    } catch (error) {
      this.#report('connections of an ended session could not be closed', { userId }, error);
    }
  }

  #renewedAt(now: number, openedAt: number): Pick<Session, 'renewedAt' | 'expiresAt'> {
    return { renewedAt: now, expiresAt: Math.min(now + tokenLifetimeMs, openedAt + this.#maximumMs) };
  }
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
