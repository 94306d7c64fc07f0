/** The one alarm to be woken by: people cannot chat. What it is made of says why. */
import { AlarmRule, AlarmState, CompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Construct } from 'constructs';
import { type Alarming, alarmName, describeAlarm, type ParleyAlarm } from './parley-alarm.ts';

export class ChatIsDown extends CompositeAlarm {
  constructor(
    scope: Construct,
    id: string,
    { stage, topics }: Alarming,
    /** What each alone keeps people from chatting. */
    any: { messagesNotStored: ParleyAlarm; iteratorAge: ParleyAlarm; authorizerFailures: ParleyAlarm },
    /** What does so when both are the case: one door is open while only the other fails. */
    both: { httpApi: ParleyAlarm; webSocketApi: ParleyAlarm },
  ) {
    const goesOff = (alarm: ParleyAlarm) => AlarmRule.fromAlarm(alarm, AlarmState.ALARM);
    super(scope, id, {
      compositeAlarmName: alarmName(stage, 'chat-is-down'),
      alarmDescription: describeAlarm('Chat is down.', 'chat-is-down'),
      alarmRule: AlarmRule.anyOf(
        ...Object.values(any).map(goesOff),
        AlarmRule.allOf(...Object.values(both).map(goesOff)),
      ),
    });
    for (const topic of topics) {
      this.addAlarmAction(new SnsAction(topic));
      this.addOkAction(new SnsAction(topic));
    }
  }
}
