import { mention } from '../logger.ts';

/** The fields of requests that say what they are about. A schema has held them to the form of an id, which tells nothing. */
const names = ['conversationId', 'messageId'] as const;

/** Mentions what a parsed request is about. */
export function mentionIds(request: unknown): void {
  if (typeof request !== 'object' || request === null) return;
  for (const name of names) {
    const id: unknown = Reflect.get(request, name);
    if (typeof id === 'string') mention({ [name]: id });
  }
}
