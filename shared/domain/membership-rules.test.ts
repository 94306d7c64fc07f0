import { expect, test } from 'vitest';
import { mustBeAdmin, mustBeGroup, mustLeaveAnAdmin } from './membership-rules.ts';

test('a direct conversation does not change', () => {
  expect(() => mustBeGroup({ type: 'DM' })).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }));
  expect(() => mustBeGroup({ type: 'GROUP' })).not.toThrow();
});

test('only an admin administers', () => {
  expect(() => mustBeAdmin('member')).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }));
  expect(() => mustBeAdmin('admin')).not.toThrow();
});

test('the last admin stays while others do', () => {
  const conflict = expect.objectContaining({ code: 'CONFLICT' });
  expect(() => mustLeaveAnAdmin({ memberCount: 2, adminCount: 1 }, 'admin')).toThrow(conflict);
  expect(() => mustLeaveAnAdmin({ memberCount: 2, adminCount: 2 }, 'admin')).not.toThrow();
  expect(() => mustLeaveAnAdmin({ memberCount: 1, adminCount: 1 }, 'admin')).not.toThrow();
  expect(() => mustLeaveAnAdmin({ memberCount: 2, adminCount: 1 }, 'member')).not.toThrow();
});
