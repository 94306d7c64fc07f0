import type { BrowserContextOptions } from 'playwright-core';
import type { ChatPage } from './chat-page.ts';
import type { Scene } from './scene.ts';

export type View = {
  name: string;
  /** Leads a page of that size and theme to the view. */
  show(scene: Scene, look: BrowserContextOptions): Promise<ChatPage>;
};

export const themes = ['light', 'dark'] as const;
export const sizes = [
  { width: 360, height: 740 },
  { width: 1280, height: 800 },
] as const;

/** Every view and every state of it that looks different. */
export const views: View[] = [
  { name: 'sign-in', show: ({ parley }, look) => parley.device(undefined, look) },
  {
    name: 'sign-in-refused',
    async show({ parley }, look) {
      const chat = await parley.device(undefined, look);
      await chat.page.getByLabel('Username').fill('nobody');
      await chat.page.getByLabel('Password').fill('wrong');
      await chat.button('Sign in').click();
      await chat.page.getByRole('alert').waitFor();
      return chat;
    },
  },
  {
    name: 'register',
    async show({ parley }, look) {
      const chat = await parley.device(undefined, look);
      await chat.button('Create an account').click();
      return chat;
    },
  },
  {
    name: 'inbox',
    async show({ parley, alice }, look) {
      const chat = await parley.device(alice, look);
      await chat.row('Weekend hike').waitFor();
      await chat.row('Release 2.4').getByText('Bob:').waitFor();
      return chat;
    },
  },
  {
    name: 'inbox-empty',
    async show({ parley, newcomer }, look) {
      const chat = await parley.device(newcomer, look);
      await chat.page.getByText('No conversations yet').waitFor();
      return chat;
    },
  },
  {
    name: 'inbox-loading',
    async show({ parley, alice }, look) {
      const before = (page: ChatPage['page']) => page.route('**/v1/conversations?*', () => {});
      const chat = await parley.device(alice, { ...look, before });
      await chat.page.getByRole('status', { name: 'Loading conversations' }).waitFor();
      return chat;
    },
  },
  {
    name: 'account-menu',
    async show({ parley, alice }, look) {
      const chat = await parley.device(alice, look);
      await chat.row('Weekend hike').waitFor();
      await chat.button(/^Your account/).click();
      return chat;
    },
  },
  {
    name: 'devices',
    async show({ parley, alice }, look) {
      const chat = await parley.device(alice, look);
      await chat.row('Weekend hike').waitFor();
      await chat.button(/^Your account/).click();
      await chat.page.getByRole('menuitem', { name: 'Devices' }).click();
      await chat.dialog.getByText('This device').waitFor();
      return chat;
    },
  },
  {
    name: 'erase-account',
    async show({ parley, alice }, look) {
      const chat = await parley.device(alice, look);
      await chat.row('Weekend hike').waitFor();
      await chat.button(/^Your account/).click();
      await chat.page.getByRole('menuitem', { name: 'Delete account…' }).click();
      await chat.dialog.waitFor();
      return chat;
    },
  },
  {
    name: 'deleted-account',
    async show({ parley, oskar, withErased }, look) {
      const chat = await parley.device(oskar, { ...look, hash: `#/c/${withErased}` });
      await chat.page.getByText('There is nobody here to write to any more.').waitFor();
      await chat.seesMessage('This message was deleted');
      return chat;
    },
  },
  {
    name: 'direct',
    async show({ parley, alice, bob, direct }, look) {
      const his = await parley.device(bob, { hash: `#/c/${direct}` });
      await his.seesMessage('Lunch to celebrate');
      // Looked at while away, so that what is new stays new for the next one who looks.
      const before = (page: ChatPage['page']) => page.addInitScript('document.hasFocus = () => false');
      const chat = await parley.device(alice, { ...look, before, hash: `#/c/${direct}` });
      await chat.seesMessage('Lunch to celebrate');
      await chat.message('So I pulled the plug').getByTitle('Read').waitFor();
      await chat.reaction('Nothing lost', '👏').waitFor();
      await chat.page.getByText('online', { exact: true }).waitFor();
      await his.composer.pressSequentially('Or');
      await chat.page.getByText('Bob Okafor is writing…').waitFor();
      return chat;
    },
  },
  {
    name: 'message-menu',
    async show(scene, look) {
      const chat = await openGroup(scene, look);
      await chat.openMenu('Coffee is mine');
      return chat;
    },
  },
  {
    name: 'choose-reaction',
    async show(scene, look) {
      const chat = await openGroup(scene, look);
      await chat.choose('Coffee is mine', 'Another reaction');
      await chat.dialog.waitFor();
      return chat;
    },
  },
  {
    name: 'editing',
    async show(scene, look) {
      const chat = await openGroup(scene, look);
      await chat.choose('Coffee is mine', 'Edit');
      await chat.editor.fill('Coffee is mine, and the cake.');
      return chat;
    },
  },
  { name: 'group', show: (scene, look) => openGroup(scene, look) },
  {
    name: 'group-details',
    async show(scene, look) {
      const chat = await openGroup(scene, look);
      await chat.page.getByRole('link', { name: 'Details' }).click();
      await chat.page.getByText('@carol').waitFor();
      return chat;
    },
  },
  {
    name: 'group-rename',
    async show(scene, look) {
      const chat = await openGroup(scene, look);
      await chat.page.getByRole('link', { name: 'Details' }).click();
      await chat.page.getByText('@carol').waitFor();
      await chat.button('Rename').click();
      await chat.page.getByLabel('Name of the group').waitFor();
      return chat;
    },
  },
  {
    name: 'member-menu',
    async show(scene, look) {
      const chat = await openGroup(scene, look);
      await chat.page.getByRole('link', { name: 'Details' }).click();
      await chat.button('Manage Bob Okafor').click();
      return chat;
    },
  },
  {
    name: 'leave-group',
    async show(scene, look) {
      const chat = await openGroup(scene, look);
      await chat.page.getByRole('link', { name: 'Details' }).click();
      await chat.button('Leave group').click();
      await chat.dialog.waitFor();
      return chat;
    },
  },
  {
    name: 'new-message',
    async show(scene, look) {
      const chat = await openInbox(scene, look);
      await chat.inbox.getByRole('button', { name: 'New message' }).click();
      await chat.dialog.getByLabel('To').fill('nobody-here');
      await chat.dialog.getByRole('button', { name: 'Open chat' }).click();
      await chat.dialog.getByRole('alert').waitFor();
      return chat;
    },
  },
  {
    name: 'new-group',
    async show(scene, look) {
      const chat = await openInbox(scene, look);
      await chat.inbox.getByRole('button', { name: 'New group' }).click();
      await chat.dialog.getByLabel('Name of the group').fill('Choir');
      for (const username of ['bob', 'carol']) {
        await chat.dialog.getByLabel('Add people').fill(username);
        await chat.dialog.getByRole('button', { name: 'Add', exact: true }).click();
        await chat.dialog.getByRole('button', { name: new RegExp(`Leave out ${username}`, 'i') }).waitFor();
      }
      return chat;
    },
  },
  {
    name: 'shortcuts',
    async show(scene, look) {
      const chat = await openInbox(scene, look);
      await chat.page.keyboard.press('?');
      await chat.dialog.waitFor();
      return chat;
    },
  },
  {
    name: 'offline',
    async show(scene, look) {
      const chat = await openGroup(scene, look);
      await chat.page.context().setOffline(true);
      await chat.page.getByText('You are offline.').waitFor();
      await chat.composer.fill('Written in the tunnel, not sent yet');
      return chat;
    },
  },
  {
    name: 'messages-unavailable',
    async show({ parley, alice, group }, look) {
      const before = (page: ChatPage['page']) =>
        page.route('**/v1/messages?*', (route) =>
          route.fulfill({ status: 404, json: { code: 'NOT_FOUND', detail: 'Gone.' } }),
        );
      const chat = await parley.device(alice, { ...look, before, hash: `#/c/${group}` });
      await chat.page.getByText('The messages could not be loaded').waitFor();
      return chat;
    },
  },
  {
    name: 'conversation-missing',
    async show({ parley, alice }, look) {
      const chat = await parley.device(alice, { ...look, hash: '#/c/cnv_not-there' });
      await chat.page.getByText('This conversation is not here').waitFor();
      return chat;
    },
  },
];

async function openInbox({ parley, alice }: Scene, look: BrowserContextOptions): Promise<ChatPage> {
  const chat = await parley.device(alice, look);
  await chat.row('Weekend hike').waitFor();
  return chat;
}

async function openGroup({ parley, alice, group }: Scene, look: BrowserContextOptions): Promise<ChatPage> {
  const chat = await parley.device(alice, { ...look, hash: `#/c/${group}` });
  await chat.seesMessage('Lovely. Rain is forecast');
  await chat.list.getByText('Carol Lindqvist').first().waitFor();
  await chat.message('Coffee is mine').getByTitle('Read').waitFor();
  await chat.reaction('Coffee is mine', '☕').waitFor();
  return chat;
}
