import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../elements/icon.tsx';
import { IconButton } from '../elements/icon-button.tsx';
import { moveFocus } from '../elements/roving-focus.ts';
import { useInbox } from '../sdk/use-inbox.ts';
import { usePresence } from '../sdk/use-presence.ts';
import type { DialogName } from '../shell/chat-layout.tsx';
import { useNow } from '../shell/use-now.ts';
import { peerOf, titleOf } from './conversation-title.ts';
import { InboxRow } from './inbox-row.tsx';
import { InboxSkeleton } from './inbox-skeleton.tsx';
import { UserMenu } from './user-menu.tsx';

type Props = {
  selectedId: string | undefined;
  onDialog(name: DialogName): void;
  onSignedOut(why?: string): void;
};

export function InboxPane({ selectedId, onDialog, onSignedOut }: Props) {
  const inbox = useInbox();
  const now = useNow();
  usePresence(inbox.items.flatMap((info) => peerOf(info)?.userId ?? []));
  const [wanted, setWanted] = useState('');
  const list = useRef<HTMLUListElement>(null);

  // One comes back to the row one left from, not to the top of the page.
  const previousId = useRef(selectedId);
  useEffect(() => {
    if (selectedId === undefined && previousId.current !== undefined)
      list.current?.querySelector<HTMLElement>(`a[href$="/${previousId.current}"]`)?.focus();
    previousId.current = selectedId;
  }, [selectedId]);

  const needle = wanted.trim().toLocaleLowerCase();
  const items = inbox.items.filter(
    (item) => needle === '' || titleOf(item).toLocaleLowerCase().includes(needle),
  );
  // Tab reaches one row: the open conversation, or else the first.
  const reachable = items.find(({ conversationId }) => conversationId === selectedId) ?? items[0];
  const rows = () => [...(list.current?.querySelectorAll<HTMLElement>('a') ?? [])];

  return (
    <section class="inbox" aria-label="Inbox">
      <header class="pane-header inbox-header">
        <UserMenu onDialog={onDialog} onSignedOut={onSignedOut} />
        <h2>Chats</h2>
        <IconButton icon="group" label="New group" onClick={() => onDialog('group')} />
        <IconButton icon="compose" label="New message" onClick={() => onDialog('direct')} />
      </header>
      <div class="inbox-search">
        <Icon name="search" size={18} />
        <input
          type="search"
          aria-label="Find a conversation"
          placeholder="Find"
          value={wanted}
          onInput={(event) => setWanted(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'ArrowDown') rows()[0]?.focus();
          }}
        />
      </div>
      <nav class="inbox-scroll" aria-label="Conversations">
        {items.length > 0 && (
          <ul ref={list} class="inbox-list" onKeyDown={(event) => moveFocus(event, rows(), { wrap: false })}>
            {items.map((info) => (
              <InboxRow
                key={info.conversationId}
                info={info}
                now={now}
                isSelected={info.conversationId === selectedId}
                isReachable={info === reachable}
              />
            ))}
          </ul>
        )}
        {items.length === 0 && !inbox.isLoaded && <InboxSkeleton />}
        {items.length === 0 && inbox.isLoaded && (
          <EmptyInbox isFiltered={needle !== ''} onDialog={onDialog} />
        )}
      </nav>
    </section>
  );
}

function EmptyInbox({ isFiltered, onDialog }: { isFiltered: boolean; onDialog(name: DialogName): void }) {
  if (isFiltered) return <p class="empty small">No conversation has that in its name.</p>;
  return (
    <div class="empty small">
      <h3>No conversations yet</h3>
      <p>Write to someone whose username you know.</p>
      <button type="button" class="button primary" onClick={() => onDialog('direct')}>
        New message
      </button>
    </div>
  );
}
