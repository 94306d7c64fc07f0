import type { Conversation } from '@parley/client';
import { useEffect, useRef } from 'preact/hooks';
import { useMembers } from '../conversation/use-members.ts';
import { Avatar } from '../elements/avatar.tsx';
import { Icon } from '../elements/icon.tsx';
import { peerOf, pictureIdOf, titleOf } from '../inbox/conversation-title.ts';
import { useEmitter } from '../sdk/use-emitter.ts';
import { hashOf } from '../shell/route.ts';
import { AddMembers } from './add-members.tsx';
import { LeaveGroup } from './leave-group.tsx';
import { MemberList } from './member-list.tsx';
import { NotificationSettings } from './notification-settings.tsx';
import { RenameGroup } from './rename-group.tsx';

/** About a conversation: one's own settings for it and, for a group, who is in it. */
export function DetailsPane({ conversation }: { conversation: Conversation }) {
  useEmitter(conversation, 'info');
  const { members, error, reload } = useMembers(conversation);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const info = conversation.info;
  if (info === undefined) return null;
  const title = titleOf(info);
  const peer = peerOf(info);
  const isGroup = info.type === 'GROUP';
  const isAdmin = isGroup && info.role === 'admin';
  return (
    <section class="details" aria-label="Details">
      <header class="pane-header">
        <h2 ref={heading} tabIndex={-1}>
          Details
        </h2>
        <a
          class="icon-button"
          href={hashOf({ conversationId: conversation.id, details: false })}
          aria-label="Close details"
          title="Close details"
        >
          <Icon name="close" />
        </a>
      </header>
      <div class="details-scroll">
        <div class="details-who">
          <Avatar id={pictureIdOf(info)} name={title} size="large" />
          {isAdmin ? <RenameGroup conversation={conversation} title={title} /> : <h3>{title}</h3>}
          {isGroup && <p>Group of {info.memberCount}</p>}
          {peer !== undefined && <p>@{peer.username}</p>}
        </div>
        <NotificationSettings conversation={conversation} info={info} />
        {isAdmin && <AddMembers conversation={conversation} onAdded={reload} />}
        {isGroup && (
          <MemberList
            conversation={conversation}
            members={members}
            error={error}
            canAdminister={isAdmin}
            total={info.memberCount}
            onChange={reload}
          />
        )}
        {isGroup && <LeaveGroup conversation={conversation} title={title} />}
      </div>
    </section>
  );
}
