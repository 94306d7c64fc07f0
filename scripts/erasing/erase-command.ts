import { parseArgs } from 'node:util';
import { targetUsage } from '../deployment/find-deployment.ts';
import { UsageError } from '../load/option-values.ts';

export type EraseCommand = {
  what:
    | { kind: 'user'; username: string }
    | { kind: 'id'; userId: string }
    | { kind: 'list' }
    /** @property table where their tombstones are; that of the deployment where it is missing */
    | { kind: 'again'; table: string | undefined };
  yes: boolean;
  wait: boolean;
  stage: string | undefined;
  region: string | undefined;
};

export const eraseUsage = `npm run erase -- <whom> [options]

  --user <username>  one who is there
  --id <userId>      one who is there, or who was erased before
  --again            everybody who was erased before, as is needed once tables were restored from a backup
  --list             erases nobody: shows who was erased, when, and whether it is finished

  --from <table>     with --again: the Users table that knows who was erased, where that is not the one in use
  --yes              without asking
  --no-wait          ends once the account has ended; the rest goes on by itself
${targetUsage}

Erasing cannot be undone. Doing it again is safe.`;

/** `undefined` where help is wanted. Throws `UsageError`. */
export function commandOf(args: string[]): EraseCommand | undefined {
  const values = parsed(args);
  if (values.help) return undefined;
  const kinds: (EraseCommand['what'] | undefined)[] = [
    values.user === undefined ? undefined : { kind: 'user', username: values.user.toLowerCase() },
    values.id === undefined ? undefined : { kind: 'id', userId: values.id },
    values.again ? { kind: 'again', table: values.from } : undefined,
    values.list ? { kind: 'list' } : undefined,
  ];
  const [what, ...others] = kinds.filter((kind) => kind !== undefined);
  if (what === undefined || others.length > 0) {
    throw new UsageError('Whom? One of --user, --id, --again and --list.');
  }
  if (values.from !== undefined && what.kind !== 'again') throw new UsageError('--from goes with --again.');
  const { stage, region } = values;
  return { what, yes: values.yes, wait: !values['no-wait'], stage, region };
}

function parsed(args: string[]) {
  const flag = { type: 'boolean', default: false } as const;
  const text = { type: 'string' } as const;
  try {
    const options = {
      ...{ user: text, id: text, from: text, stage: text, region: text },
      ...{ again: flag, list: flag, yes: flag, 'no-wait': flag, help: flag },
    };
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
