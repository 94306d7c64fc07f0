import type { Container } from './world.ts';

/** Registers a connection and subscribes it, as the connect function does. It has its user's name unless another is given. */
export async function connect(
  { stores, subscriptions }: Container,
  userId: string,
  connectionId = userId,
  connectedAt = Date.now(),
): Promise<void> {
  const connection = { userId, connectionId, connectedAt, lastSeenAt: connectedAt, authEpoch: 1 };
  await stores.presence.register(connection);
  await subscriptions.open(connection);
}
