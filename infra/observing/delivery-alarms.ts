/** Whether what was accepted is stored and pushed, and how soon. */
import { MathExpression, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { StageSettings } from '../config.ts';
import { functionMetric, ownMetric } from './metrics.ts';
import { type Alarming, oneMinute, ParleyAlarm } from './parley-alarm.ts';

export class DeliveryAlarms extends Construct {
  readonly iteratorAge: ParleyAlarm;
  readonly notStored: ParleyAlarm;
  readonly pushLatency: ParleyAlarm;
  /** Where the stage has a cache. */
  readonly cacheFallbacks: ParleyAlarm | undefined;

  constructor(scope: Construct, id: string, alarming: Alarming, deliver: IFunction, settings: StageSettings) {
    super(scope, id);
    const { iteratorAgeSeconds, pushLatencyMs } = settings.alarms;
    this.iteratorAge = new ParleyAlarm(this, 'IteratorAge', alarming, {
      name: 'iterator-age',
      says: `Accepted messages wait more than ${iteratorAgeSeconds} seconds in the stream.`,
      metric: functionMetric(deliver, 'IteratorAge', Stats.MAXIMUM, oneMinute),
      threshold: iteratorAgeSeconds * 1000,
      bad: { count: 3, of: 5 },
    });
    // The iterator's age is told by deliver's own invocations: where there are none, it is silent.
    const accepted = ownMetric(alarming.stage, 'MessagesAccepted', Stats.SUM, oneMinute);
    const stored = ownMetric(alarming.stage, 'MessagesStored', Stats.SUM, oneMinute);
    this.notStored = new ParleyAlarm(this, 'MessagesNotStored', alarming, {
      name: 'messages-not-stored',
      says: 'Messages are accepted, and none is stored.',
      metric: new MathExpression({
        expression: 'IF(FILL(accepted, 0) > 0 AND FILL(stored, 0) == 0, 1, 0)',
        usingMetrics: { accepted, stored },
        label: 'Accepted, and none stored',
        period: oneMinute,
      }),
      threshold: 0,
      bad: { count: 3, of: 3 },
    });
    this.pushLatency = new ParleyAlarm(this, 'PushLatency', alarming, {
      name: 'push-latency',
      says: `One push in a hundred comes more than ${pushLatencyMs} ms after its message was accepted.`,
      metric: ownMetric(alarming.stage, 'PushLatency', 'p99', oneMinute),
      threshold: pushLatencyMs,
      bad: { count: 5, of: 5 },
      ignoreFewValues: true,
    });
    if (settings.cache !== false) {
      this.cacheFallbacks = new ParleyAlarm(this, 'CacheFallbacks', alarming, {
        name: 'cache-fallbacks',
        says: 'The cache does not answer, and the tables do its work.',
        metric: ownMetric(alarming.stage, 'CacheFallbacks', Stats.SUM, oneMinute),
        threshold: 10,
        bad: { count: 3, of: 5 },
      });
    }
  }
}
