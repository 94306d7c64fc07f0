/** What the protocol asks of a server, as something that can be tried. */
import type { Cast } from './cast.ts';

export type Requirement = {
  /** Stable: reports of different days and deployments are compared by it. */
  id: string;
  /** Of docs/protocol.md. */
  section: string;
  /** The sentence that must hold. */
  promise: string;
  /** Part of the short run after a deployment. */
  smoke: boolean;
  /** Throws where it does not hold; `Skipped` or `Missing` where that cannot be said. */
  holds: (cast: Cast) => Promise<void>;
};

type Part = Omit<Requirement, 'section'>;

export function must(id: string, promise: string, holds: Requirement['holds']): Part {
  return { id, promise, smoke: false, holds };
}

/** The same, and part of the short run: two users, and seconds. */
export function smoke(id: string, promise: string, holds: Requirement['holds']): Part {
  return { id, promise, smoke: true, holds };
}

export function section(name: string, parts: Part[]): Requirement[] {
  return parts.map((part) => ({ ...part, section: name }));
}

/** This deployment, or the options of this run, leave nothing to try: registration is closed, say. */
export class Skipped extends Error {}

/** The server does not know this part of the protocol at all. */
export class Missing extends Error {}
