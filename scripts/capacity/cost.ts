import { metricUnits } from '../../shared/domain/metrics.ts';
import {
  callsOfHandshake,
  callsOfHeartbeat,
  callsOfMessage,
  callsOfRead,
  callsOfReadMarker,
  storedBytes,
  sum,
  times,
  type Use,
} from './calls.ts';
import { prices } from './prices.ts';
import {
  connections,
  daysPerMonth,
  handshakesPerDay,
  hoursPerMonth,
  messagesPerDay,
  messagesPerPeakSecond,
  readsPerDay,
  type Workload,
} from './workload.ts';

const gigabyte = 1024 ** 3;
const heartbeatsPerDay = 24 * 60;
/** The frame around a message's text. */
const frameBytes = 350;
/** A stage has these whatever its load; tests/infra/observing.test.ts holds them to the templates. */
export const standing = {
  metrics: Object.keys(metricUnits).length,
  alarmedMetrics: 72,
  compositeAlarms: 1,
  dashboards: 1,
  secrets: 4,
};

export type Cost = { service: string; dollars: number }[];

/** What the whole deployment does in a day. */
export function useOfDay(workload: Workload): Use {
  const { groupSize, online, contentBytes, readMarkersPerMessage } = workload;
  const receiversOnline = (groupSize - 1) * online;
  return sum(
    times(callsOfMessage(groupSize, online, contentBytes), messagesPerDay(workload)),
    times(
      callsOfReadMarker(groupSize, online),
      messagesPerDay(workload) * receiversOnline * readMarkersPerMessage,
    ),
    times(callsOfHeartbeat(), connections(workload) * heartbeatsPerDay),
    times(callsOfHandshake(), handshakesPerDay(workload)),
    times(callsOfRead(), readsPerDay(workload)),
  );
}

/** By service, for a month in which everything stored is of that month. */
export function costOfMonth(workload: Workload): Cost {
  const use = times(useOfDay(workload), daysPerMonth);
  const messages = messagesPerDay(workload) * daysPerMonth;
  const bytesOfMessage = storedBytes.message + storedBytes.idempotency + workload.contentBytes;
  const stored = (messages * bytesOfMessage) / gigabyte;
  const minutes = connections(workload) * daysPerMonth * 24 * 60;
  const dollarsPerStored = prices.tableGigabyteMonth.dollars + prices.backupGigabyteMonth.dollars;
  return [
    {
      service: 'DynamoDB',
      dollars:
        use.readUnits * prices.readUnit.dollars +
        use.writeUnits * prices.writeUnit.dollars +
        stored * dollarsPerStored,
    },
    {
      service: 'API Gateway',
      dollars:
        use.socketMessages * prices.socketMessage.dollars +
        minutes * prices.connectionMinute.dollars +
        use.httpRequests * prices.httpRequest.dollars,
    },
    {
      service: 'Lambda',
      dollars:
        use.invocations * prices.invocation.dollars + use.gigabyteSeconds * prices.gigabyteSecond.dollars,
    },
    { service: 'Kinesis', dollars: streamCost(workload, messages) },
    { service: 'SQS', dollars: use.queueRequests * prices.queueRequest.dollars },
    { service: 'EventBridge', dollars: use.events * prices.event.dollars },
    {
      service: 'CloudWatch',
      dollars:
        (use.logBytes / gigabyte) * prices.logGigabyte.dollars +
        standing.metrics * prices.metricMonth.dollars +
        standing.alarmedMetrics * prices.alarmedMetricMonth.dollars +
        standing.compositeAlarms * prices.compositeAlarmMonth.dollars +
        standing.dashboards * prices.dashboardMonth.dollars,
    },
    { service: 'Secrets Manager', dollars: standing.secrets * prices.secretMonth.dollars },
    {
      service: 'data to the internet',
      dollars:
        ((use.socketMessages * frameBytes + messages * workload.contentBytes * receivers(workload)) /
          gigabyte) *
        prices.gigabyteOut.dollars,
    },
  ];
}

/** With enhanced fan-out, as the stage `prod` has it. */
function streamCost({ shards, contentBytes, ...workload }: Workload, messages: number): number {
  const recordBytes = Math.ceil((contentBytes + frameBytes) / 1024) * 1024;
  if (shards === 'on-demand') {
    const gigabytes = (messages * recordBytes) / gigabyte;
    const perGigabyte = prices.streamGigabyteIn.dollars + prices.streamGigabyteOut.dollars;
    return hoursPerMonth * prices.streamHour.dollars + gigabytes * perGigabyte;
  }
  const count = Math.max(shards, shardsFor({ ...workload, shards, contentBytes }));
  const read = ((messages * (contentBytes + frameBytes)) / gigabyte) * prices.consumerGigabyte.dollars;
  const perHour = prices.shardHour.dollars + prices.consumerShardHour.dollars;
  return count * hoursPerMonth * perHour + messages * prices.putUnit.dollars + read;
}

/** A shard takes 1,000 records or 1 MB a second (docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html). */
export function shardsWorth(workload: Workload): number {
  const perSecond = messagesPerPeakSecond(workload);
  const megabytesPerSecond = (perSecond * (workload.contentBytes + frameBytes)) / 1024 ** 2;
  return Math.max(perSecond / 1_000, megabytesPerSecond);
}

export function shardsFor(workload: Workload): number {
  return Math.max(1, Math.ceil(shardsWorth(workload)));
}

function receivers({ groupSize, online }: Workload): number {
  return groupSize * online;
}

export function totalOf(cost: Cost): number {
  return cost.reduce((whole, { dollars }) => whole + dollars, 0);
}

export function dollarsPerMillionMessages(workload: Workload): number {
  return (totalOf(costOfMonth(workload)) / (messagesPerDay(workload) * daysPerMonth)) * 1e6;
}
