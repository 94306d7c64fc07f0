import type { Emitter } from '../../../client/src/emitter.ts';
import { within } from '../../support/deadline.ts';

/** Resolves with the first such event, from now on, for which the condition holds. */
export function happening<Events extends object, Type extends keyof Events & string>(
  emitter: Emitter<Events>,
  type: Type,
  matching: (event: Events[Type]) => boolean = () => true,
): Promise<Events[Type]> {
  const event = new Promise<Events[Type]>((resolve) => {
    const off = emitter.on(type, (one) => {
      if (!matching(one)) return;
      off();
      resolve(one);
    });
  });
  return within(event, () => `an event ${type}`);
}
