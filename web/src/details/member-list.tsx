import type { Conversation, Member } from '@parley/client';
import { useState } from 'preact/hooks';
import { Avatar } from '../elements/avatar.tsx';
import { ConfirmDialog } from '../elements/confirm-dialog.tsx';
import { Icon } from '../elements/icon.tsx';
import { Menu, type MenuItem } from '../elements/menu.tsx';
import { useChat } from '../sdk/chat-context.ts';
import { reasonInWords } from '../text/error-words.ts';

type Props = {
  conversation: Conversation;
  members: Member[] | undefined;
  error: unknown;
  canAdminister: boolean;
  total: number;
  onChange(): void;
};

export function MemberList({ conversation, members, error, canAdminister, total, onChange }: Props) {
  const { me } = useChat();
  if (members === undefined) {
    if (error === undefined)
      return (
        <p class="details-note" role="status">
          Loading members…
        </p>
      );
    return (
      <p class="details-note" role="alert">
        The members could not be loaded: {reasonInWords(error)}{' '}
        <button type="button" class="link" onClick={onChange}>
          Try again
        </button>
      </p>
    );
  }
  const sorted = [...members].sort(
    (one, other) =>
      Number(other.role === 'admin') - Number(one.role === 'admin') ||
      one.displayName.localeCompare(other.displayName),
  );
  return (
    <section class="details-section" aria-labelledby="members-heading">
      <h3 id="members-heading">Members</h3>
      <ul class="members">
        {sorted.map((member) => (
          <MemberRow
            key={member.userId}
            member={member}
            conversation={conversation}
            isMe={member.userId === me.userId}
            canAdminister={canAdminister}
            onChange={onChange}
          />
        ))}
      </ul>
      {total > members.length && <p class="details-note">and {total - members.length} more</p>}
    </section>
  );
}

type RowProps = {
  member: Member;
  conversation: Conversation;
  isMe: boolean;
  canAdminister: boolean;
  onChange(): void;
};

function MemberRow({ member, conversation, isMe, canAdminister, onChange }: RowProps) {
  const { fail } = useChat();
  const [removing, setRemoving] = useState(false);
  const { userId, displayName, username, role } = member;

  const attempt = async (words: string, act: () => Promise<unknown>) => {
    try {
      await act();
      onChange();
    } catch (error) {
      fail(words, error);
    }
  };
  const items: MenuItem[] = [
    role === 'admin'
      ? {
          label: 'Take admin role away',
          onChoose: () => attempt('change the role', () => conversation.setRole(userId, 'member')),
        }
      : {
          label: 'Make admin',
          onChoose: () => attempt('change the role', () => conversation.setRole(userId, 'admin')),
        },
  ];
  if (!isMe) items.push({ label: 'Remove from group', danger: true, onChoose: () => setRemoving(true) });

  return (
    <li>
      <Avatar id={userId} name={displayName} />
      <span class="member-name">
        <span>{displayName}</span>
        <small>
          @{username}
          {isMe && ' (you)'}
        </small>
      </span>
      {role === 'admin' && <span class="role">Admin</span>}
      {canAdminister && (
        <Menu label={`Manage ${displayName}`} buttonClass="icon-button" items={items}>
          <Icon name="more" />
        </Menu>
      )}
      {removing && (
        <ConfirmDialog
          title={`Remove ${displayName}?`}
          text="They stop receiving messages at once, and no longer see this group."
          action="Remove"
          onConfirm={() => attempt(`remove ${displayName}`, () => conversation.removeMember(userId))}
          onClose={() => setRemoving(false)}
        />
      )}
    </li>
  );
}
