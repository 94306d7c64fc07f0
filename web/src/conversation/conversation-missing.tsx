import { Logo } from '../elements/logo.tsx';

/** In place of a conversation that is still to be looked up, or that is not there. */
export function ConversationMissing({ isMissing }: { isMissing: boolean }) {
  if (!isMissing) return <section class="conversation" aria-busy="true" aria-label="Conversation" />;
  return (
    <section class="conversation empty" aria-label="Conversation">
      <Logo />
      <h2>This conversation is not here</h2>
      <p>It does not exist, or you are not a member of it any more.</p>
      <a class="button" href="#/">
        Back to your chats
      </a>
    </section>
  );
}
