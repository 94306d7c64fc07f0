import { useEffect, useState } from 'preact/hooks';
import { ConversationPane } from '../conversation/conversation-pane.tsx';
import { DetailsPane } from '../details/details-pane.tsx';
import { InboxPane } from '../inbox/inbox-pane.tsx';
import { NewDirectDialog } from '../inbox/new-direct-dialog.tsx';
import { NewGroupDialog } from '../inbox/new-group-dialog.tsx';
import { useChat } from '../sdk/chat-context.ts';
import { useInbox } from '../sdk/use-inbox.ts';
import { Announcer } from './announcer.tsx';
import { ConnectionBanner } from './connection-banner.tsx';
import { DevicesDialog } from './devices-dialog.tsx';
import { NothingChosen } from './nothing-chosen.tsx';
import { goTo, useRoute } from './route.ts';
import { ShortcutsDialog } from './shortcuts-dialog.tsx';
import { useShortcuts } from './use-shortcuts.ts';
import { useUnreadBadge } from './use-unread-badge.ts';

export type DialogName = 'direct' | 'group' | 'shortcuts' | 'devices';

/** Inbox, conversation and details beside each other; one of them at a time where there is no room. */
export function ChatLayout({ onSignedOut }: { onSignedOut(why?: string): void }) {
  const { client, toast } = useChat();
  const inbox = useInbox();
  const { conversationId, details } = useRoute();
  const [dialog, setDialog] = useState<DialogName>();
  useUnreadBadge(inbox);
  useShortcuts(inbox, setDialog);

  const conversation = conversationId === undefined ? undefined : client.conversation(conversationId);
  useEffect(
    () =>
      conversation?.on('removed', () => {
        toast('You are no longer in this conversation.');
        goTo({}, { replace: true });
      }),
    [conversation],
  );

  const pane = conversation === undefined ? 'inbox' : details ? 'details' : 'conversation';
  // A dialog tells that it has closed a moment later; another one may be open by then.
  const close = (name: DialogName) => () => setDialog((open) => (open === name ? undefined : open));
  return (
    <main class="chat" data-pane={pane}>
      <h1 class="visually-hidden">Parley</h1>
      <ConnectionBanner />
      <InboxPane selectedId={conversationId} onDialog={setDialog} onSignedOut={onSignedOut} />
      {conversation === undefined ? (
        <NothingChosen onDialog={setDialog} />
      ) : (
        <ConversationPane key={conversation.id} conversation={conversation} detailsOpen={details} />
      )}
      {conversation !== undefined && details && (
        <DetailsPane key={`${conversation.id} details`} conversation={conversation} />
      )}
      <Announcer openId={conversationId} />
      {dialog === 'direct' && <NewDirectDialog onClose={close('direct')} />}
      {dialog === 'group' && <NewGroupDialog onClose={close('group')} />}
      {dialog === 'shortcuts' && <ShortcutsDialog onClose={close('shortcuts')} />}
      {dialog === 'devices' && <DevicesDialog onClose={close('devices')} onSignedOut={onSignedOut} />}
    </main>
  );
}
