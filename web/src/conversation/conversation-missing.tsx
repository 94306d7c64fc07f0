import { Logo } from '../elements/logo.tsx';

/** In place of a conversation that is still to be looked up, or that is not there. */
export function ConversationMissing({ isMissing }: { isMissing: boolean }) {
  if (!isMissing)
    return <main class="conversation loading-pane" aria-busy="true" aria-label="Loading the conversation" />;
  return (
    <main class="conversation empty">
      <Logo />
      <h2>This conversation is not here</h2>
      <p>It does not exist, or you are not a member of it any more.</p>
      <a class="button" href="#/">
        Back to your chats
      </a>
    </main>
  );
}
