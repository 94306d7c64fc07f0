import type { ChangePlace } from '../../lambdas/stores/change-store.ts';
import type { Message } from '../../shared/protocol/entities.ts';
import { type Finding, once, type VerifyStores } from './finding.ts';

const placesPerPage = 500;

/**
 * That each changed message stands among the changes once, by its present revision, and nothing else does; and that the head
 * has come to the last revision. What looks wrong is read again, for it may have changed in between.
 * @param changed every message that has a revision, as far as was read
 */
export async function checkChanges(
  stores: VerifyStores,
  conversationId: string,
  changed: readonly Pick<Message, 'seq' | 'revision'>[],
): Promise<Finding[]> {
  const places = new Map<number, ChangePlace>();
  for (let after = 0, more = true; more; ) {
    const page = await stores.changes.after(conversationId, after, placesPerPage);
    for (const place of page.places) places.set(place.revision, place);
    after = page.places.at(-1)?.revision ?? after;
    more = page.more;
  }
  const findings: Finding[] = [];
  for (const { seq, revision = 0 } of changed) {
    if (places.get(revision)?.seq !== seq)
      findings.push(...(await missingPlace(stores, conversationId, seq)));
  }
  const revisions = new Map(changed.map(({ seq, revision }) => [seq, revision]));
  for (const place of places.values()) {
    if (revisions.get(place.seq) !== place.revision) findings.push(...(await strayPlace(stores, place)));
  }
  return [...findings, ...(await lastRevisionFindings(stores, conversationId))];
}

async function missingPlace(stores: VerifyStores, conversationId: string, seq: number): Promise<Finding[]> {
  const message = await stores.messages.message(conversationId, seq);
  if (message?.revision === undefined) return [];
  const { revision } = message;
  const place = await stores.changes.at(conversationId, revision);
  if (place?.seq === seq) return [];
  return [
    {
      check: 'changes.place',
      conversationId,
      found: place === undefined ? `nothing at ${revision}` : `message ${place.seq} at ${revision}`,
      expected: `message ${seq} at ${revision}`,
      mend: () => stores.reconciliation.addPlace({ conversationId, revision, seq }),
    },
  ];
}

async function strayPlace(stores: VerifyStores, place: ChangePlace): Promise<Finding[]> {
  const { conversationId, revision, seq } = place;
  const message = await stores.messages.message(conversationId, seq);
  // One that is gone is reported as such.
  if (message === undefined || message.revision === revision) return [];
  if ((await stores.changes.at(conversationId, revision))?.seq !== seq) return [];
  return [
    {
      check: 'changes.stray',
      conversationId,
      found: `message ${seq} at ${revision}`,
      expected: `nothing: its revision is ${message.revision ?? 'none'}`,
      mend: () => stores.reconciliation.removePlace(place),
    },
  ];
}

/** The last change's message still stands at it, so the two are the same; the head is read first, and may be behind. */
async function lastRevisionFindings(stores: VerifyStores, conversationId: string): Promise<Finding[]> {
  const head = await stores.conversations.head(conversationId);
  if (head === undefined) return [];
  const last = await stores.changes.last(conversationId);
  const highest = last?.revision ?? 0;
  if (head.lastRevision === highest) return [];
  const now = await stores.conversations.head(conversationId);
  if (now === undefined || now.lastRevision === highest || now.lastRevision !== head.lastRevision) return [];
  const isBehind = head.lastRevision < highest;
  return [
    {
      check: 'head.lastRevision',
      conversationId,
      found: String(head.lastRevision),
      expected: String(highest),
      // Lowering it would give out numbers twice that clients may know.
      ...(isBehind && { mend: once(() => stores.reconciliation.mendLastRevision(head, highest)) }),
    },
  ];
}
