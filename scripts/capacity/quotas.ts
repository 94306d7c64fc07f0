import { callsOfHeartbeat, type Use } from './calls.ts';
import { shardsWorth, useOfDay } from './cost.ts';
import { connections, type Workload } from './workload.ts';

export type Need = { quota: string; needed: number; usual: number; source: string };

const secondsPerDay = 24 * 60 * 60;
/** After an interruption everybody comes back: clients spread that over this long (client/src/backoff.ts). */
const returningSeconds = 200;

/** What the busiest second needs, against what an account has when it is new; most can be raised on request. */
export function needs(workload: Workload): Need[] {
  const peak = peakSecond(workload);
  const inbound = peak.socketMessages - peak.posts;
  return [
    {
      quota: 'API Gateway requests a second (frames in, posts to sockets, HTTP)',
      // Of what goes in and out beside the posts, half are answers.
      needed: inbound / 2 + peak.posts + peak.httpRequests,
      usual: 10_000,
      source: 'docs.aws.amazon.com/apigateway/latest/developerguide/limits.html',
    },
    {
      quota: 'new WebSocket connections a second',
      needed: connections(workload) / returningSeconds,
      usual: 500,
      source:
        'docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html',
    },
    {
      quota: 'Lambda concurrency',
      needed: peak.functionMs / 1000,
      usual: 1_000,
      source: 'docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html',
    },
    {
      quota: 'shards that a new stream on demand, or the account, has',
      needed: shardsWorth(workload),
      usual: workload.shards === 'on-demand' ? 4 : 500,
      source: 'docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html',
    },
    {
      quota: "DynamoDB write units a second of the inbox rows' index",
      needed: peak.indexWriteUnits,
      usual: 40_000,
      source: 'docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html',
    },
  ];
}

/** The quota that is used up first. */
export function metFirst(workload: Workload): Need {
  const [first] = needs(workload).sort((one, other) => other.needed / other.usual - one.needed / one.usual);
  if (first === undefined) throw new Error('There are no quotas');
  return first;
}

/** Heartbeats are spread evenly; everything else has its peak. */
function peakSecond(workload: Workload): Use {
  const day = useOfDay(workload);
  const heartbeat = callsOfHeartbeat();
  const heartbeats = connections(workload) * 24 * 60;
  const entries = Object.entries(day).map(([name, ofDay]) => {
    const steady = heartbeat[name as keyof Use] * heartbeats; // Its keys are those of the type.
    return [name, ((ofDay - steady) * workload.peak + steady) / secondsPerDay];
  });
  return Object.fromEntries(entries);
}
