import { connect, createServer, type Server, type Socket } from 'node:net';
import { type Check, type Refusal, refusal } from './loopback-guard.ts';
import { MalformedHead, parseRequestHead, type RequestHead } from './request-head.ts';

const HEAD_LIMIT_MS = 5000;

export type GuardedSplice = {
  check: Check;
  upstream: { host: string; port: number };
  /** How long a connection may take to send the head of its first request. */
  headLimitMs?: number;
};

/**
 * Checks the first request of each connection and then passes bytes both ways unread, which takes a fraction of the
 * processor time that an HTTP proxy does.
 *
 * One request is enough: a connection has the same peer for its life, and only a peer that knows the key gets past the
 * check. A browser sends requests of pages only on connections of its own, where a page cannot put the key into the first
 * one (docs/adr/0016-a-key-for-each-start.md).
 */
export function guardedSplice({ check, upstream, headLimitMs = HEAD_LIMIT_MS }: GuardedSplice): Server {
  // A client may end its side after the request and still wait for the response.
  return createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    let admitted = false;
    // After a pause of this process, what arrived in it is read first. No response: AWS clients retry closed connections.
    const limit = setTimeout(() => setImmediate(() => admitted || socket.destroy()), headLimitMs);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => clearTimeout(limit));
    onFirstHead(socket, (head) => {
      const refused = head instanceof MalformedHead ? refusal(400, head.message) : checked(check, head);
      if (refused === undefined) {
        admitted = true;
        clearTimeout(limit);
        splice(socket, connect({ ...upstream, allowHalfOpen: true, noDelay: true }));
      } else {
        limit.refresh();
        refuse(socket, refused);
      }
    });
  });
}

function checked(check: Check, { headers, method }: RequestHead): Refusal | undefined {
  const reason = check(headers, method);
  return reason === undefined ? undefined : refusal(403, reason, headers['authorization']);
}

/** Calls back once, with all that has arrived put back into the socket. Not at all where the client ends before. */
function onFirstHead(socket: Socket, found: (head: RequestHead | MalformedHead) => void): void {
  let received = Buffer.alloc(0);
  const onReadable = () => {
    for (let chunk: Buffer | null = socket.read(); chunk !== null; chunk = socket.read()) {
      received = Buffer.concat([received, chunk]);
      const head = parse(received);
      if (head === undefined) continue;
      socket.off('readable', onReadable).off('end', onEnd);
      socket.unshift(received);
      return found(head);
    }
  };
  const onEnd = () => socket.destroy();
  socket.on('readable', onReadable).on('end', onEnd);
}

function parse(bytes: Buffer): RequestHead | MalformedHead | undefined {
  try {
    return parseRequestHead(bytes);
  } catch (error) {
    if (error instanceof MalformedHead) return error;
    throw error;
  }
}

/** Each side's end is passed on; an error on either closes both. */
function splice(socket: Socket, upstream: Socket): void {
  socket.on('close', () => upstream.destroy());
  upstream.on('error', () => socket.destroy());
  socket.pipe(upstream);
  upstream.pipe(socket);
}

function refuse(socket: Socket, { status, headers, body }: Refusal): void {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(
    `HTTP/1.1 ${status} ${status === 400 ? 'Bad Request' : 'Forbidden'}\r\n${lines.join('')}\r\n${body}`,
  );
  // With the rest of the request unread, the kernel would reset the connection, and the client lose the response.
  socket.resume();
}
