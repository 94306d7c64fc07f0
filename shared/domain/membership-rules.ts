import { ParleyError } from '../protocol/errors.ts';
import type { Role } from '../protocol/values.ts';

type Counts = { memberCount: number; adminCount: number };

/** A DM is the two people it was opened between; nothing about it changes. */
export function mustBeGroup(conversation: { type: 'DM' | 'GROUP' }): void {
  if (conversation.type === 'DM') {
    throw new ParleyError('FORBIDDEN', 'The members and the title of a direct conversation do not change.');
  }
}

export function mustBeAdmin(role: Role): void {
  if (role !== 'admin') throw new ParleyError('FORBIDDEN', 'Only an admin of the group may do this.');
}

/** Whether the others would be left without an admin. */
export function isLastAdmin({ memberCount, adminCount }: Counts, role: Role): boolean {
  return role === 'admin' && adminCount === 1 && memberCount > 1;
}

/** A group that has members has an admin among them. */
export function mustLeaveAnAdmin(counts: Counts, leaving: Role): void {
  if (isLastAdmin(counts, leaving)) {
    throw new ParleyError(
      'CONFLICT',
      'This is the last admin of the group: make another member admin first.',
    );
  }
}
