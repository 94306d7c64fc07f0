/** Tells a person as soon as one message could not be delivered: each is kept, and none comes again by itself. */
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { StageSettings } from '../config.ts';

export class LostMessageAlarm extends Alarm {
  constructor(
    scope: Construct,
    id: string,
    settings: StageSettings,
    metric: IMetric,
    alarmDescription: string,
  ) {
    super(scope, id, {
      alarmDescription,
      metric,
      threshold: 0,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      // What has not happened is not reported, and a queue that nothing has touched for a while sends no metrics.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    const { alarmTopicArn } = settings;
    if (alarmTopicArn) this.addAlarmAction(new SnsAction(Topic.fromTopicArn(this, 'Topic', alarmTopicArn)));
  }
}
