import { MessagesQuery, SendMessageBody } from '../../shared/protocol/http.ts';
import { accepted, httpHandler, ok, signedIn } from '../middleware/http-handler.ts';
import { acceptMessage, authenticate, history } from '../runtime.ts';

const outgoing = acceptMessage();
const stored = history();

export const handler = httpHandler(
  {
    'GET /messages': signedIn({ query: MessagesQuery }, async ({ userId }, { query }) =>
      ok(await stored.page(userId, query)),
    ),
    'POST /messages': signedIn({ body: SendMessageBody }, async ({ userId }, { body }) => {
      const { messageId, conversationId } = body;
      const { acceptedAt } = await outgoing.accept(userId, body);
      return accepted({ messageId, conversationId, acceptedAt });
    }),
  },
  authenticate(),
);
