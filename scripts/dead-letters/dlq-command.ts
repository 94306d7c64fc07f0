import { parseArgs } from 'node:util';
import { targetUsage } from '../deployment/find-deployment.ts';
import { numberOf, UsageError } from '../load/option-values.ts';

const actions = ['list', 'show', 'redrive', 'discard'] as const;

export type DlqCommand = {
  action: (typeof actions)[number];
  ids: string[] | 'all';
  content: boolean;
  dryRun: boolean;
  yes: boolean;
  limit: number;
  stage: string | undefined;
  region: string | undefined;
};

export const dlqUsage = `npm run dlq -- <what to do> [options]

  list                  what was given up, wherever it waits
  show <id> …           one dead letter; with --content also what was said
  redrive <id> … | --all    puts the records back into the stream, and then deletes the dead letters
  discard <id> … | --all    deletes them for ever

  --all             every dead letter
  --content         show what was said in messages
  --dry-run         only say what redrive or discard would do
  --yes             discard without asking
  --limit <number>  dead letters of each place looked at in one go  [1000]
${targetUsage}

Redriving is safe at any time, and repeating it is: what was stored already is recognised.`;

/** `undefined` where help is wanted. Throws `UsageError`. */
export function commandOf(args: string[]): DlqCommand | undefined {
  const { values, positionals } = parsed(args);
  if (values.help) return undefined;
  const [given, ...ids] = positionals;
  const action = actions.find((known) => known === given);
  if (action === undefined) throw new UsageError(`What to do is one of ${actions.join(', ')}.`);
  if (action === 'list' && ids.length > 0) throw new UsageError('list takes no ids.');
  if (action !== 'list' && ids.length > 0 === values.all) {
    throw new UsageError(`${action} takes the ids that list shows, or --all.`);
  }
  return {
    action,
    ids: values.all ? 'all' : ids,
    content: values.content,
    dryRun: values['dry-run'],
    yes: values.yes,
    limit: numberOf('limit', values.limit, { min: 1, max: 20_000 }),
    stage: values.stage,
    region: values.region,
  };
}

function parsed(args: string[]) {
  const flag = { type: 'boolean', default: false } as const;
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        all: flag,
        content: flag,
        'dry-run': flag,
        yes: flag,
        help: flag,
        limit: { type: 'string', default: '1000' },
        stage: { type: 'string' },
        region: { type: 'string' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
