import type { ChangeWatch } from './change-watch.ts';
import type { Crowd, Talk } from './crowd.ts';
import { type ChangeAction, type Observation, ofMember, type Received } from './observation.ts';
import type { Person } from './person.ts';

const emojis = ['👍', '🎉', '❤️'];
/** Only what was said lately is changed. */
const recentMessages = 12;
/** People whose conversations have nothing to be changed: so many are passed over before the next message. */
const tries = 5;
/** Of changes, those to the message that the same person changed last there: what comes after one another must stay so. */
const shareOfAgain = 0.4;
const shares = { react: 0.55, edit: 0.37 }; // The rest is deletions.

type Parts = {
  crowd: Crowd;
  observation: Observation;
  watch: ChangeWatch;
  /** Changes for each message. */
  share: number;
  random: () => number;
};

/** Has people change messages, their own and others', which their client shows them: so many for each message that is sent. */
export class SecondThoughts {
  readonly #parts: Parts;
  readonly #changedLast = new Map<string, number>();
  #owed = 0;
  #number = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** To be called for each message that is sent. */
  messageSent(plannedAt: number): void {
    this.#owed += this.#parts.share;
    while (this.#owed >= 1 && this.#change(plannedAt)) this.#owed -= 1;
    this.#owed = Math.min(this.#owed, 1); // What could not be changed so far is not made up for all at once.
  }

  /** Answers false where nobody has been told of anything yet that could be changed. */
  #change(plannedAt: number): boolean {
    const { crowd, observation, watch } = this.#parts;
    for (let attempt = 0; attempt < tries; attempt += 1) {
      const talk = this.#one(crowd.talks);
      const person = talk && this.#one(talk.members);
      if (talk === undefined || person === undefined) return false;
      const { conversationId } = talk;
      const told =
        ofMember(observation.received, person.userId, conversationId)?.slice(-recentMessages) ?? [];
      const there = told.filter(({ seq }) => !watch.shown(person.userId, conversationId, seq)?.deleted);
      if (there.length > 0) {
        this.#changeOne(person, talk, there, plannedAt);
        return true;
      }
    }
    return false;
  }

  #changeOne(person: Person, { conversationId }: Talk, there: Received[], plannedAt: number): void {
    const { random, watch } = this.#parts;
    const key = `${person.userId}/${conversationId}`;
    const own = there.filter(({ senderId }) => senderId === person.userId);
    const again = random() < shareOfAgain ? this.#changedLast.get(key) : undefined;
    const pick = (of: Received[]) => of.find(({ seq }) => seq === again) ?? this.#one(of);
    const roll = random();
    const mine = roll < shares.react ? undefined : pick(own);
    const message = mine ?? pick(there);
    if (message === undefined) return;
    this.#changedLast.set(key, message.seq);
    watch.change(person, conversationId, message.seq, this.#action(mine !== undefined, roll), plannedAt);
  }

  #action(isOwn: boolean, roll: number): ChangeAction {
    const { random } = this.#parts;
    if (!isOwn) {
      const emoji = this.#one(emojis) ?? '';
      return { type: 'react', emoji, op: random() < 0.65 ? 'add' : 'remove' };
    }
    if (roll >= shares.react + shares.edit) return { type: 'delete' };
    this.#number += 1;
    return { type: 'edit', content: `on second thoughts ${this.#number}` };
  }

  #one<Item>(items: readonly Item[]): Item | undefined {
    return items[Math.floor(this.#parts.random() * items.length)];
  }
}
