import { useState } from 'preact/hooks';
import { Avatar } from '../elements/avatar.tsx';
import { ConfirmDialog } from '../elements/confirm-dialog.tsx';
import { Menu } from '../elements/menu.tsx';
import { useChat } from '../sdk/chat-context.ts';
import type { DialogName } from '../shell/chat-layout.tsx';
import { EraseAccountDialog } from './erase-account-dialog.tsx';

const notHeard =
  'You are signed out in this browser, but Parley could not be reached to end the session. To be sure, sign in again and ' +
  'look under “Devices”.';

type Props = { onDialog(name: DialogName): void; onSignedOut(why?: string): void };

export function UserMenu({ onDialog, onSignedOut }: Props) {
  const { client, me } = useChat();
  const [question, setQuestion] = useState<'sign-out' | 'erase'>();
  const signOut = () => {
    // Does not wait for a server that may not answer.
    void client.signOut().then((ended) => {
      if (!ended) onSignedOut(notHeard);
    });
    onSignedOut();
  };
  const askFirst = () => {
    if (client.outgoing.some(({ state }) => state !== 'sent')) setQuestion('sign-out');
    else signOut();
  };
  return (
    <>
      <Menu
        label={`Your account: ${me.displayName}`}
        buttonClass="avatar-button"
        items={[
          { label: 'Keyboard shortcuts', onChoose: () => onDialog('shortcuts') },
          { label: 'Devices', onChoose: () => onDialog('devices') },
          { label: 'Sign out', onChoose: askFirst },
          { label: 'Delete account…', danger: true, onChoose: () => setQuestion('erase') },
        ]}
      >
        <Avatar id={me.userId} name={me.displayName} />
      </Menu>
      {question === 'sign-out' && (
        <ConfirmDialog
          title="Sign out?"
          text="Some of your messages are not sent yet. They will be removed from this browser, and never sent."
          action="Sign out"
          onConfirm={async () => signOut()}
          onClose={() => setQuestion(undefined)}
        />
      )}
      {question === 'erase' && (
        <EraseAccountDialog
          onErased={() => onSignedOut('Your account is deleted.')}
          onClose={() => setQuestion(undefined)}
        />
      )}
    </>
  );
}
