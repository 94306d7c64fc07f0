/** The users of one run, what they share, and the clearing up after them. */
import { randomBytes, randomUUID } from 'node:crypto';
import { type Answer, answered, Caller } from './caller.ts';
import { Device, type Handshake } from './device.ts';
import { Skipped } from './requirement.ts';
import {
  Conversation,
  MembersPage,
  type Message,
  MessagesPage,
  Profile,
  SendAck,
  SignedIn,
} from './shapes.ts';
import type { Target } from './target.ts';

/** Dave shares no conversation with anybody, and visitor's sessions are ended. */
export type Role = 'alice' | 'bob' | 'carol' | 'dave' | 'visitor';

/** Users that exist, in place of such that the run registers. */
export type Given = { tokens: string[]; accounts: { username: string; password: string }[] };

const roles: Role[] = ['alice', 'bob', 'carol', 'dave', 'visitor'];

export class Person {
  readonly user: Profile;
  readonly token: string;
  /** Unknown of who was given by a token. */
  readonly password: string | undefined;
  readonly api: Caller;
  readonly #cast: Cast;
  #device: Promise<Device> | undefined;

  constructor(cast: Cast, user: Profile, token: string, password: string | undefined) {
    this.#cast = cast;
    this.user = user;
    this.token = token;
    this.password = password;
    this.api = cast.caller(token);
  }

  get id(): string {
    return this.user.userId;
  }

  /** The device that this person keeps open through the run. */
  async device(): Promise<Device> {
    if (this.#device === undefined || !(await this.#device).isOpen) this.#device = this.connect();
    return this.#device;
  }

  /** One more device. */
  connect(token = this.token): Promise<Device> {
    return this.#cast.connectWith(token);
  }

  /** Sends, waits until it is stored, and answers it. */
  async say(conversationId: string, content: string, messageId: string = randomUUID()): Promise<Message> {
    const device = await this.device();
    await device.reply({ action: 'sendMessage', conversationId, messageId, content }, SendAck);
    return device.message(messageId);
  }

  /** Asks for the account to be erased. */
  erase(): Promise<Answer> {
    return this.api.delete('/users/me', { password: this.password });
  }

  async history(conversationId: string): Promise<Message[]> {
    const page = this.api.get(`/messages?conversationId=${conversationId}&after=0&limit=100`);
    return (await answered(page, 200, MessagesPage)).items;
  }

  async conversation(conversationId: string): Promise<Conversation> {
    return answered(this.api.get(`/conversations/${conversationId}`), 200, Conversation);
  }
}

export class Cast {
  readonly target: Target;
  /** Part of every name of this run. */
  readonly word = randomBytes(4).toString('hex');
  readonly #given: Given;
  readonly #people = new Map<Role, Promise<Person>>();
  readonly #devices: Device[] = [];
  readonly #groups: { owner: Person; conversationId: string }[] = [];
  readonly #texts: string[] = [];
  #shared: Promise<string> | undefined;

  constructor(target: Target, given: Given = { tokens: [], accounts: [] }) {
    this.target = target;
    this.#given = given;
  }

  /** Whether the users are such that exist, so that the run registers none. */
  get isGiven(): boolean {
    return this.#given.tokens.length + this.#given.accounts.length > 0;
  }

  /** Every body and frame that the server sent in this run. */
  get heard(): readonly string[] {
    return this.#texts;
  }

  caller(token?: string): Caller {
    return new Caller(this.target, (text) => this.#texts.push(text), token);
  }

  async connect(handshake: Handshake): Promise<Device> {
    const device = await Device.open(this.target, (text) => this.#texts.push(text), handshake);
    this.#devices.push(device);
    return device;
  }

  connectWith(token: string): Promise<Device> {
    return this.connect(
      this.target.tokenInHeader
        ? { headers: { authorization: `Bearer ${token}` } }
        : { protocols: ['parley.v1', `bearer.${token}`] },
    );
  }

  person(role: Role): Promise<Person> {
    const known = this.#people.get(role) ?? this.#enter(role);
    this.#people.set(role, known);
    return known;
  }

  async people<Roles extends Role[]>(...names: Roles): Promise<{ [Name in keyof Roles]: Person }> {
    const people: Person[] = [];
    for (const name of names) people.push(await this.person(name));
    return people as { [Name in keyof Roles]: Person }; // One for each name, in order.
  }

  /** The conversation of these two, made where there is none yet. */
  async direct(one: Person, other: Person): Promise<string> {
    const answer = await one.api.post('/conversations', { type: 'DM', memberIds: [other.id] });
    if (answer.status !== 200 && answer.status !== 201) throw new Error(`No DM: ${answer.text}`);
    return (await answered(Promise.resolve(answer), answer.status, Conversation)).conversationId;
  }

  async group(owner: Person, ...members: Person[]): Promise<string> {
    const body = { type: 'GROUP', title: `Conformance ${this.word}`, memberIds: members.map(({ id }) => id) };
    const { conversationId } = await answered(owner.api.post('/conversations', body), 201, Conversation);
    this.noteGroup(owner, conversationId);
    return conversationId;
  }

  /** So that the members leave it in the end. */
  noteGroup(owner: Person, conversationId: string): void {
    this.#groups.push({ owner, conversationId });
  }

  /** A group of Alice, who owns it, and Bob, for whatever needs some conversation. */
  sharedGroup(): Promise<string> {
    this.#shared ??= this.people('alice', 'bob').then(([alice, bob]) => this.group(alice, bob));
    return this.#shared;
  }

  /** Ends the sockets, the groups, and, where the server can, the accounts that the run registered. */
  async leave(): Promise<void> {
    for (const device of this.#devices) await device.close().catch(() => undefined);
    // What is in the way of clearing up has been told by a requirement before.
    for (const group of this.#groups) await this.#dissolve(group).catch(() => undefined);
    if (this.isGiven) return;
    for (const person of this.#people.values()) {
      await person.then((one) => one.erase()).catch(() => undefined);
    }
  }

  async #dissolve({ owner, conversationId }: { owner: Person; conversationId: string }): Promise<void> {
    const path = `/conversations/${conversationId}/members`;
    const { items } = await answered(owner.api.get(path), 200, MembersPage);
    for (const { userId } of items) if (userId !== owner.id) await owner.api.delete(`${path}/${userId}`);
    await owner.api.delete(`${path}/${owner.id}`);
  }

  /** One more user, whom no other requirement meets. */
  async newcomer(name: string): Promise<Person> {
    if (this.isGiven) throw new Skipped('this run registers nobody');
    return this.#register(name);
  }

  async #enter(role: Role): Promise<Person> {
    return this.isGiven ? this.#enterAsGiven(role) : this.#register(role);
  }

  async #register(role: string): Promise<Person> {
    const username = `c-${role}-${this.word}`;
    const password = randomUUID();
    const answer = await this.caller().post('/users', { username, password, displayName: role });
    if (answer.status === 403 || answer.status === 404) {
      throw new Skipped('registration is closed: give --account or --token');
    }
    if (answer.status === 429) {
      throw new Skipped('no more registrations from this address for a while: give --account or --token');
    }
    const { user, token } = await answered(Promise.resolve(answer), 201, SignedIn);
    return new Person(this, user, token, password);
  }

  async #enterAsGiven(role: Role): Promise<Person> {
    const { tokens, accounts } = this.#given;
    const index = roles.indexOf(role);
    const token = tokens[index];
    const account = accounts[index - tokens.length];
    if (token !== undefined) {
      const user = await answered(this.caller(token).get('/users/me'), 200, Profile);
      return new Person(this, user, token, undefined);
    }
    if (account === undefined) throw new Skipped(`needs ${index + 1} users: give more`);
    const session = await answered(this.caller().post('/login', account), 200, SignedIn);
    return new Person(this, session.user, session.token, account.password);
  }
}
