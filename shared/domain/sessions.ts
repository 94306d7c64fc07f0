import { limits } from '../protocol/limits.ts';

/** Which session a token or a connection belongs to. */
export type SessionClaim = {
  /** That of its user when the session was opened. */
  authEpoch: number;
  /** Missing where an OIDC issuer made the token: its sessions are its own to name. */
  sessionId?: string | undefined;
};

/** What one sign-in began, on one device. Times are milliseconds of the Unix epoch. */
export type Session = {
  openedAt: number;
  /** When a token of it was last issued. */
  renewedAt: number;
  /** When that token expires. */
  expiresAt: number;
  /** What the device called itself. */
  deviceName?: string;
};

/** By `sessionId`. */
export type Sessions = Readonly<Record<string, Session>>;

/** API Gateway ends a WebSocket connection after 2 hours, whatever it does. */
export const connectionLifetimeMs = 2 * 60 * 60 * 1000;

/** Whether the session has not ended. That its token has expired is no end: a connection outlives it. */
export function goesOn(
  user: { authEpoch: number; sessions?: Sessions } | undefined,
  { authEpoch, sessionId }: SessionClaim,
): boolean {
  if (user?.authEpoch !== authEpoch) return false;
  return sessionId === undefined || user.sessions?.[sessionId] !== undefined;
}

/** Whether neither a token of it is good, nor a connection can be left. */
export function isPast({ expiresAt }: Session, now: number): boolean {
  return expiresAt + connectionLifetimeMs < now;
}

/**
 * Which sessions make room for one that is opened: those that are past, and, where the user has as many as one may have, the
 * one renewed longest ago.
 */
export function sessionsToForget(sessions: Sessions, now: number): string[] {
  const all = Object.entries(sessions).toSorted(([, one], [, other]) => one.renewedAt - other.renewedAt);
  const past = all.filter(([, session]) => isPast(session, now));
  const others = all.filter(([, session]) => !isPast(session, now));
  const tooMany = others.slice(0, Math.max(0, others.length + 1 - limits.sessionsPerUser));
  return [...past, ...tooMany].map(([sessionId]) => sessionId);
}
