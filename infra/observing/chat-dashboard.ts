/** The stage's dashboard. Its top row answers whether chat is healthy, the rows below where it is slow, failing and full. */
import type { HttpStage, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import {
  type AlarmBase,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  Stats,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { MetricName } from '../../shared/domain/metrics.ts';
import { type FunctionName, functionNames } from '../functions.ts';
import type { ParleyData } from '../stacks/parley-data.ts';
import { tableNames } from '../tables.ts';
import { accountConcurrency, functionMetric, ownMetric, throttledItems } from './metrics.ts';
import { oneMinute } from './parley-alarm.ts';

/** The width of a dashboard is 24. */
const quarter = 6;

export type Watched = {
  functions: (name: FunctionName) => IFunction;
  http: HttpStage;
  webSocket: WebSocketStage;
  data: ParleyData;
  alarms: AlarmBase[];
};

export class ChatDashboard extends Construct {
  private readonly stage: string;
  private readonly watched: Watched;

  constructor(scope: Construct, id: string, stage: string, watched: Watched) {
    super(scope, id);
    this.stage = stage;
    this.watched = watched;
    new Dashboard(this, 'Dashboard', {
      dashboardName: `Parley-${stage}`,
      widgets: [
        heading('Is chat healthy?'),
        this.health(),
        heading('Where is it slow?'),
        this.slowness(),
        heading('What fails?'),
        this.failures(),
        heading('How full is it?'),
        this.fullness(),
      ],
    });
  }

  private health(): IWidget[] {
    const { alarms, functions, data } = this.watched;
    return [
      new AlarmStatusWidget({ title: 'Alarms', alarms, width: quarter, height: 6 }),
      graph(
        'Accepted and stored',
        this.sums('MessagesAccepted', 'MessagesStored', 'ChangesAccepted', 'ChangesStored'),
      ),
      graph('From accepted to pushed, ms', [
        ownMetric(this.stage, 'PushLatency', 'p50', oneMinute),
        ownMetric(this.stage, 'PushLatency', 'p99', oneMinute),
      ]),
      graph(
        'Waiting: in the stream (ms), and dead (right)',
        [functionMetric(functions('stream-deliver'), 'IteratorAge', Stats.MAXIMUM, oneMinute)],
        [
          data.deadLetterQueue.metricApproximateNumberOfMessagesVisible({
            period: oneMinute,
            statistic: Stats.MAXIMUM,
            label: 'Dead letters',
          }),
        ],
      ),
    ];
  }

  private slowness(): IWidget[] {
    const { http, webSocket, data } = this.watched;
    const percentiles = (make: (statistic: string) => IMetric) => ['p50', 'p99'].map(make);
    return [
      graph(
        'HTTP API, ms',
        percentiles((statistic) => http.metricLatency({ statistic, period: oneMinute })),
      ),
      graph(
        'WebSocket API, ms in functions',
        percentiles((statistic) => webSocket.metric('IntegrationLatency', { statistic, period: oneMinute })),
      ),
      graph('Functions, p99 ms', this.ofEachFunction('Duration', 'p99')),
      graph(
        'Putting into the stream, ms',
        // docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html
        percentiles((statistic) => data.stream.metric('PutRecord.Latency', { statistic, period: oneMinute })),
      ),
    ];
  }

  private failures(): IWidget[] {
    const { http, webSocket, data } = this.watched;
    const perMinute = { statistic: Stats.SUM, period: oneMinute };
    return [
      graph('APIs, and faults of ours', [
        http.metricServerError({ ...perMinute, label: 'HTTP 5xx' }),
        webSocket.metric('ExecutionError', { ...perMinute, label: 'WebSocket execution' }),
        webSocket.metric('IntegrationError', { ...perMinute, label: 'WebSocket integration' }),
        ...this.sums('Faults'),
      ]),
      graph(
        'Functions: errors, and throttles (right)',
        this.ofEachFunction('Errors', Stats.SUM),
        this.ofEachFunction('Throttles', Stats.SUM),
      ),
      graph(
        'Pushes that failed, and gone connections',
        this.sums('PushFailures', 'GoneConnections', 'CacheFallbacks'),
      ),
      graph(
        'Tables: throttled reads and writes',
        tableNames.map((name) => throttledItems(data.tables[name], [], oneMinute, name)),
      ),
    ];
  }

  private fullness(): IWidget[] {
    const { webSocket, data } = this.watched;
    const perMinute = { statistic: Stats.SUM, period: oneMinute };
    return [
      graph('Concurrency: of the account, and of functions', [
        accountConcurrency(oneMinute),
        ...this.ofEachFunction('ConcurrentExecutions', Stats.MAXIMUM),
      ]),
      graph('Handshakes and frames', [
        webSocket.metric('ConnectCount', { ...perMinute, label: 'Handshakes' }),
        webSocket.metric('MessageCount', { ...perMinute, label: 'Frames in and out' }),
      ]),
      graph(
        'Refused, repeated, fanned out',
        this.sums('RateLimited', 'Duplicates', 'SequenceRetries', 'FanoutConnections', 'OfflineEvents'),
      ),
      graph(
        'Into the stream, and refused by it (right)',
        [data.stream.metric('IncomingRecords', { ...perMinute, label: 'Records' })],
        [data.stream.metric('WriteProvisionedThroughputExceeded', { ...perMinute, label: 'Refused' })],
      ),
    ];
  }

  private sums(...names: MetricName[]): IMetric[] {
    return names.map((name) => ownMetric(this.stage, name, Stats.SUM, oneMinute));
  }

  private ofEachFunction(metric: Parameters<typeof functionMetric>[1], statistic: string): IMetric[] {
    return functionNames.map((name) =>
      functionMetric(this.watched.functions(name), metric, statistic, oneMinute).with({ label: name }),
    );
  }
}

function heading(text: string): IWidget[] {
  return [new TextWidget({ markdown: `## ${text}`, width: 24, height: 1 })];
}

function graph(title: string, left: IMetric[], right: IMetric[] = []): GraphWidget {
  return new GraphWidget({ title, left, right, width: quarter, height: 6 });
}
