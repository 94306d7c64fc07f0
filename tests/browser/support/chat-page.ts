import type { Locator, Page } from 'playwright-core';

/** The web client as one who uses it sees it: by roles and words, never by class names. */
export class ChatPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async signIn(username: string, password: string): Promise<void> {
    await this.page.getByLabel('Username').fill(username);
    await this.page.getByLabel('Password').fill(password);
    await this.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    // Any pane: on a narrow screen the inbox is hidden by a conversation.
    await this.page.locator('.chat').waitFor();
  }

  get inbox(): Locator {
    return this.page.getByRole('region', { name: 'Inbox' });
  }

  row(title: string): Locator {
    return this.inbox.getByRole('link').filter({ hasText: title });
  }

  get list(): Locator {
    return this.page.getByRole('region', { name: /^Messages with/ });
  }

  message(text: string): Locator {
    return this.list.getByRole('listitem').filter({ hasText: text });
  }

  get composer(): Locator {
    return this.page.getByRole('textbox', { name: 'Message', exact: true });
  }

  async open(title: string): Promise<void> {
    await this.row(title).click();
    await this.composer.waitFor();
  }

  async goTo(conversationId: string): Promise<void> {
    await this.page.evaluate(`location.hash = '#/c/${conversationId}'`);
    await this.composer.waitFor();
  }

  async send(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press('Enter');
  }

  async seesMessage(text: string): Promise<void> {
    await this.message(text).waitFor();
  }

  /** What others reacted with, and with what oneself did. */
  reaction(text: string, emoji: string): Locator {
    return this.message(text).getByRole('button', { name: new RegExp(`^${emoji}`) });
  }

  async openMenu(text: string): Promise<void> {
    await this.message(text).hover();
    await this.message(text)
      .getByRole('button', { name: /^Actions/ })
      .click();
    await this.page.getByRole('menu').waitFor();
  }

  /** Opens a message's menu and chooses something of it: an emoji, or by its words. */
  async choose(text: string, item: string): Promise<void> {
    await this.openMenu(text);
    const name = { name: item, exact: true };
    const { page } = this;
    await page.getByRole('menuitem', name).or(page.getByRole('menuitemcheckbox', name)).click();
  }

  /** In place of the composer while a message is written anew. */
  get editor(): Locator {
    return this.page.getByRole('textbox', { name: 'Edit message' });
  }

  /** The texts of the messages on the screen, from top to bottom. */
  texts(): Promise<string[]> {
    return this.list.locator('.bubble-text').allTextContents();
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name });
  }

  get dialog(): Locator {
    return this.page.getByRole('dialog');
  }
}
