import { MessagesQuery, SendMessageBody } from '../../shared/protocol/http.ts';
import { accepted, httpHandler, ok, signedIn } from '../middleware/http-handler.ts';
import { acceptMessage, authenticate, history, rateLimiter, requestRows } from '../runtime.ts';

const outgoing = acceptMessage(requestRows());
const stored = history();
const rates = rateLimiter();

const reading = ({ userId }: { userId: string }) => rates.take('reads', userId);

export const handler = httpHandler(
  {
    'GET /messages': signedIn({ admit: reading, query: MessagesQuery }, async ({ userId }, { query }) =>
      ok(await stored.page(userId, query)),
    ),
    'POST /messages': signedIn({ body: SendMessageBody }, async ({ userId }, { body }) => {
      const { messageId, conversationId } = body;
      const { acceptedAt } = await outgoing.accept({ userId }, body);
      return accepted({ messageId, conversationId, acceptedAt });
    }),
  },
  authenticate(),
);
