/**
 * What AWS charges in us-east-1, in US dollars, without free tiers, volume discounts, savings plans and taxes, as seen on
 * {@link seenOn}. AWS draws its price pages in the browser, so some numbers were read where others quote them; each line says
 * where. Prices change: look at the first address of a line before you decide by it.
 */
export const seenOn = '2026-11-24';

type Price = { dollars: number; per: string; source: string; seenAt?: string };

const dynamodb = 'aws.amazon.com/dynamodb/pricing/on-demand';
const gateway = 'aws.amazon.com/api-gateway/pricing';
const kinesis = 'aws.amazon.com/kinesis/data-streams/pricing';
const lambda = 'aws.amazon.com/lambda/pricing';
const cloudWatch = 'aws.amazon.com/cloudwatch/pricing';

export const prices = {
  /** A transaction's write counts twice. */
  writeUnit: {
    dollars: 0.625e-6,
    per: 'write request unit: 1 KB',
    source: dynamodb,
    seenAt: 'airbyte.com/data-engineering-resources/dynamodb-pricing (2025-07-21)',
  },
  readUnit: {
    dollars: 0.125e-6,
    per: 'read request unit: 4 KB, consistent',
    source: dynamodb,
    seenAt: 'airbyte.com/data-engineering-resources/dynamodb-pricing (2025-07-21)',
  },
  tableGigabyteMonth: { dollars: 0.25, per: 'GB-month in tables', source: dynamodb },
  backupGigabyteMonth: { dollars: 0.2, per: 'GB-month of point-in-time recovery', source: dynamodb },
  socketMessage: {
    dollars: 1e-6,
    per: 'WebSocket message in or out: 32 KB',
    source: gateway,
    seenAt: 'amnic.com/blogs/aws-api-gateway-pricing',
  },
  connectionMinute: {
    dollars: 0.25e-6,
    per: 'minute of a WebSocket connection',
    source: gateway,
    seenAt: 'amnic.com/blogs/aws-api-gateway-pricing',
  },
  httpRequest: {
    dollars: 1e-6,
    per: 'HTTP API request: 512 KB',
    source: gateway,
    seenAt: 'amnic.com/blogs/aws-api-gateway-pricing',
  },
  invocation: { dollars: 0.2e-6, per: 'invocation', source: lambda },
  gigabyteSecond: { dollars: 0.0000133334, per: 'GB-second on arm64', source: lambda },
  streamHour: { dollars: 0.04, per: 'hour of a stream on demand', source: kinesis },
  streamGigabyteIn: {
    dollars: 0.08,
    per: 'GB into a stream on demand, each record rounded up to 1 KB',
    source: kinesis,
  },
  streamGigabyteOut: { dollars: 0.05, per: 'GB out of it by enhanced fan-out', source: kinesis },
  shardHour: {
    dollars: 0.015,
    per: 'hour of a provisioned shard',
    source: kinesis,
    seenAt: 'costcalculator.calculator.city/aws-kinesis-cost-calculator',
  },
  putUnit: {
    dollars: 0.014e-6,
    per: 'PUT payload unit of a provisioned stream: 25 KB',
    source: kinesis,
    seenAt: 'costcalculator.calculator.city/aws-kinesis-cost-calculator',
  },
  consumerShardHour: {
    dollars: 0.015,
    per: 'hour of enhanced fan-out for a provisioned shard',
    source: kinesis,
  },
  consumerGigabyte: {
    dollars: 0.013,
    per: 'GB out of a provisioned shard by enhanced fan-out',
    source: kinesis,
  },
  queueRequest: {
    dollars: 0.5e-6,
    per: 'request to a FIFO queue: 64 KB',
    source: 'aws.amazon.com/sqs/pricing',
  },
  event: {
    dollars: 1e-6,
    per: 'event on a bus of our own: 64 KB',
    source: 'aws.amazon.com/eventbridge/pricing',
    seenAt: 'cloudburn.io/blog/amazon-eventbridge-pricing (2026-03-13)',
  },
  logGigabyte: { dollars: 0.5, per: 'GB of logs', source: cloudWatch },
  metricMonth: { dollars: 0.3, per: 'metric of our own', source: cloudWatch },
  alarmedMetricMonth: { dollars: 0.1, per: 'metric that an alarm looks at', source: cloudWatch },
  compositeAlarmMonth: { dollars: 0.5, per: 'composite alarm', source: cloudWatch },
  dashboardMonth: { dollars: 3, per: 'dashboard', source: cloudWatch },
  secretMonth: { dollars: 0.4, per: 'secret', source: 'aws.amazon.com/secrets-manager/pricing' },
  gigabyteOut: { dollars: 0.09, per: 'GB to the internet', source: 'aws.amazon.com/ec2/pricing/on-demand' },
} satisfies Record<string, Price>;

export type PriceName = keyof typeof prices;
