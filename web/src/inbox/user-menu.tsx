import { useState } from 'preact/hooks';
import { forgetDrafts } from '../conversation/drafts.ts';
import { Avatar } from '../elements/avatar.tsx';
import { ConfirmDialog } from '../elements/confirm-dialog.tsx';
import { Menu } from '../elements/menu.tsx';
import { useChat } from '../sdk/chat-context.ts';
import type { DialogName } from '../shell/chat-layout.tsx';
import { EraseAccountDialog } from './erase-account-dialog.tsx';

type Props = { onDialog(name: DialogName): void; onSignedOut(why?: string): void };

export function UserMenu({ onDialog, onSignedOut }: Props) {
  const { client, me, fail } = useChat();
  const [question, setQuestion] = useState<'here' | 'everywhere' | 'erase'>();
  const leave = (why?: string) => {
    forgetDrafts(me.userId);
    onSignedOut(why);
  };
  const signOutHere = () => {
    if (client.outgoing.length > 0) setQuestion('here');
    else leave();
  };
  const signOutEverywhere = async () => {
    try {
      await client.signOutEverywhere();
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
          { label: 'Delete account…', danger: true, onChoose: () => setQuestion('erase') },
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
      {question === 'erase' && (
        <EraseAccountDialog
          onErased={() => leave('Your account is deleted.')}
          onClose={() => setQuestion(undefined)}
        />
      )}
    </>
  );
}
