/** An alarm that tells whoever is woken by it where to read on: each has a section in docs/operations.md. */
import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  type IMetric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';

/** What all alarms of a stage have in common. */
export type Alarming = {
  stage: string;
  /** Told when an alarm goes off and when it is over. */
  topics: ITopic[];
};

export type ParleyAlarmProps = {
  /** Its name within the stage, and that of its section unless `section` says another. */
  name: string;
  /** One sentence: what is wrong when it goes off. */
  says: string;
  section?: string;
  /** Goes off above `threshold`. */
  metric: IMetric;
  threshold: number;
  /** Goes off when so many minutes or periods of the last `of` are bad. @default 1 of 1 */
  bad?: { count: number; of: number };
  /** Of percentiles: too few values say nothing. */
  ignoreFewValues?: boolean;
};

/**
 * No data is no alarm, in all of them. Lambda, API Gateway, DynamoDB and our own metrics report what happens, so that a
 * quiet night has no data; a message that is accepted and then makes none has an alarm of its own, `messages-not-stored`.
 */
export class ParleyAlarm extends Alarm {
  constructor(scope: Construct, id: string, { stage, topics }: Alarming, props: ParleyAlarmProps) {
    const { name, says, section, metric, threshold, bad = { count: 1, of: 1 }, ignoreFewValues } = props;
    const alarmProps: AlarmProps = {
      alarmName: alarmName(stage, name),
      alarmDescription: describeAlarm(says, section ?? name),
      metric,
      threshold,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: bad.of,
      datapointsToAlarm: bad.count,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      ...(ignoreFewValues && { evaluateLowSampleCountPercentile: 'ignore' }),
    };
    super(scope, id, alarmProps);
    for (const topic of topics) {
      this.addAlarmAction(new SnsAction(topic));
      this.addOkAction(new SnsAction(topic));
    }
  }
}

export function alarmName(stage: string, name: string): string {
  return `parley-${stage}-${name}`;
}

/** A path, since where the repository is published is the deployer's own affair. */
export function describeAlarm(says: string, section: string): string {
  return `${says} What to do: docs/operations.md#${section}`;
}

export const oneMinute = Duration.minutes(1);
export const fiveMinutes = Duration.minutes(5);
