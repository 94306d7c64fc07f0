import { once } from 'node:events';
import pMap from 'p-map';
import { WebSocket } from 'ws';
import type { ParleyProcess } from './parley-process.ts';
import { type SeededUser, seedGroup, seedUsers } from './seed-group.ts';

/** Handshakes under way at once: each runs two functions. */
const handshakes = 16;

/** Sockets of many users who only listen. */
export class CrowdSockets {
  readonly #sockets: WebSocket[] = [];
  readonly #received = new Map<string, number>();
  closed = 0;

  static async connect(parley: ParleyProcess, users: readonly SeededUser[]): Promise<CrowdSockets> {
    const crowd = new CrowdSockets();
    await pMap(
      users,
      async ({ token }) => {
        const socket = new WebSocket(parley.first.webSocketUrl, ['parley.v1', `bearer.${token}`]);
        await once(socket, 'open');
        crowd.#listenTo(socket);
      },
      { concurrency: handshakes },
    );
    return crowd;
  }

  get count(): number {
    return this.#sockets.length;
  }

  /** How many of the sockets that message has reached. */
  received(messageId: string): number {
    return this.#received.get(messageId) ?? 0;
  }

  get receivedInAll(): number {
    return [...this.#received.values()].reduce((sum, count) => sum + count, 0);
  }

  close(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  #listenTo(socket: WebSocket): void {
    this.#sockets.push(socket);
    socket.on('close', () => {
      this.closed += 1;
    });
    socket.on('message', (data) => {
      const event: { type: string; messages?: { messageId: string }[] } = JSON.parse(String(data));
      if (event.type !== 'message') return;
      for (const { messageId } of event.messages ?? [])
        this.#received.set(messageId, (this.#received.get(messageId) ?? 0) + 1);
    });
  }
}

export function seededUsers({ first }: ParleyProcess, count: number): Promise<SeededUser[]> {
  const { url, stores } = first;
  return seedUsers({ url, ...stores, physicalName: () => stores.tokenSecret }, count);
}

export function seededGroup({ first }: ParleyProcess, members: readonly SeededUser[]): Promise<string> {
  const [creator, ...others] = members;
  if (creator === undefined) throw new Error('A group has a creator');
  return seedGroup(first, creator, others);
}

/** Over HTTP: the crowd's sockets only listen. @returns whether it was accepted */
export async function say(
  { first }: ParleyProcess,
  { token }: SeededUser,
  conversationId: string,
  messageId: string,
): Promise<boolean> {
  const response = await fetch(`${first.url}/v1/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ conversationId, messageId, content: 'A message of some forty characters or so.' }),
  });
  await response.body?.cancel();
  return response.status === 202;
}
