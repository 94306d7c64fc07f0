import { useState } from 'preact/hooks';
import { forgetDrafts } from '../conversation/drafts.ts';
import { Avatar } from '../elements/avatar.tsx';
import { ConfirmDialog } from '../elements/confirm-dialog.tsx';
import { Menu } from '../elements/menu.tsx';
import { useChat } from '../sdk/chat-context.ts';
import type { DialogName } from '../shell/chat-layout.tsx';

type Props = { onDialog(name: DialogName): void; onSignedOut(): void };

export function UserMenu({ onDialog, onSignedOut }: Props) {
  const { client, me, fail } = useChat();
  const [question, setQuestion] = useState<'here' | 'everywhere'>();
  const leave = () => {
    forgetDrafts(me.userId);
    onSignedOut();
  };
  const signOutHere = () => {
    if (client.outgoing.length > 0) setQuestion('here');
    else leave();
  };
  const signOutEverywhere = async () => {
    try {
      await client.logout();
      leave();
    } catch (error) {
      fail('sign you out everywhere', error);
    }
  };
  return (
    <>
      <Menu
        label={`Your account: ${me.displayName}`}
        buttonClass="avatar-button"
        items={[
          { label: 'Keyboard shortcuts', onChoose: () => onDialog('shortcuts') },
          { label: 'Sign out', onChoose: signOutHere },
          { label: 'Sign out on all devices', onChoose: () => setQuestion('everywhere') },
        ]}
      >
        <Avatar id={me.userId} name={me.displayName} />
      </Menu>
      {question === 'here' && (
        <ConfirmDialog
          title="Sign out?"
          text="Some of your messages are not sent yet. They stay in this browser until you sign in again."
          action="Sign out"
          onConfirm={async () => leave()}
          onClose={() => setQuestion(undefined)}
        />
      )}
      {question === 'everywhere' && (
        <ConfirmDialog
          title="Sign out on all devices?"
          text="Every phone and browser where you are signed in asks for your password again."
          action="Sign out everywhere"
          onConfirm={signOutEverywhere}
          onClose={() => setQuestion(undefined)}
        />
      )}
    </>
  );
}
