/** `npm run capacity`: what a deployment of a given size needs and costs. */
import { parseArgs } from 'node:util';
import { costOfMonth, dollarsPerMillionMessages, shardsFor, totalOf } from './capacity/cost.ts';
import { seenOn } from './capacity/prices.ts';
import { metFirst, needs } from './capacity/quotas.ts';
import { readWorkload, usage } from './capacity/read-workload.ts';
import { messagesPerDay, messagesPerPeakSecond, type Workload } from './capacity/workload.ts';

const steps = [1_000, 100_000, 10_000_000, 1_000_000_000];

try {
  const { values } = parseArgs({
    options: {
      users: { type: 'string' },
      'messages-per-user-day': { type: 'string' },
      'group-size': { type: 'string' },
      online: { type: 'string' },
      'content-bytes': { type: 'string' },
      'opens-per-user-day': { type: 'string' },
      peak: { type: 'string' },
      shards: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) console.log(usage);
  else print(readWorkload(values));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

function print(workload: Workload): void {
  const { users, messagesPerUserDay, groupSize, online } = workload;
  const cost = costOfMonth(workload);
  console.log(`# ${count(users)} users, ${messagesPerUserDay} messages a day each, conversations of ${count(groupSize)}, ${Math.round(online * 100)} % online

${count(messagesPerDay(workload))} messages a day, ${count(messagesPerPeakSecond(workload))} in the busiest second, ${shardsFor(workload)} shard(s).
Prices of us-east-1, seen on ${seenOn}, without free tiers and discounts; how long functions run is assumed, not measured on AWS.

## A month
`);
  table(
    ['service', 'dollars', 'part'],
    [
      ...cost.map(({ service, dollars }) => [service, money(dollars), percent(dollars / totalOf(cost))]),
      ['**together**', money(totalOf(cost)), ''],
      ['a million messages', money(dollarsPerMillionMessages(workload)), ''],
    ],
  );
  console.log('\n## Quotas in the busiest second\n');
  table(
    ['quota', 'needed', 'a new account has', 'used'],
    needs(workload).map(({ quota, needed, usual }) => [
      quota,
      count(needed),
      count(usual),
      percent(needed / usual),
    ]),
  );
  console.log('\n## On the way up\n');
  table(
    ['messages a day', 'dollars a month', 'a million messages', 'met first', 'used of it'],
    steps.map((perDay) => {
      const grown = { ...workload, users: perDay / messagesPerUserDay };
      const { quota, needed, usual } = metFirst(grown);
      return [
        count(perDay),
        money(totalOf(costOfMonth(grown))),
        money(dollarsPerMillionMessages(grown)),
        quota,
        percent(needed / usual),
      ];
    }),
  );
}

function table(head: string[], rows: string[][]): void {
  for (const row of [head, head.map(() => '---'), ...rows]) console.log(`| ${row.join(' | ')} |`);
}

function count(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 1 ? 3 : value < 10 ? 1 : 0 });
}

function money(dollars: number): string {
  return dollars.toLocaleString('en-US', {
    style: 'currency',
    currency: 'USD',
    maximumFractionDigits: dollars < 100 ? 2 : 0,
  });
}

function percent(part: number): string {
  return `${(part * 100).toLocaleString('en-US', { maximumSignificantDigits: 2 })} %`;
}
