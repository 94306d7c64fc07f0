/** Whom the alarms tell: a topic of the stage's own with an e-mail subscription, a topic that exists already, or nobody. */
import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { StageSettings } from '../config.ts';

export class AlarmTopics extends Construct {
  readonly topics: ITopic[] = [];

  constructor(scope: Construct, id: string, { alarms, stage }: StageSettings) {
    super(scope, id);
    if (alarms.topicArn) this.topics.push(Topic.fromTopicArn(this, 'Existing', alarms.topicArn));
    if (alarms.email) this.topics.push(this.topicWithEmail(alarms.email, stage));
  }

  private topicWithEmail(email: string, stage: string): Topic {
    // Alarms cannot use the key that SNS brings: its policy names no other service
    // (repost.aws/knowledge-center/cloudwatch-configure-alarm-sns). A key of one's own costs a dollar a month.
    const key = new Key(this, 'Key', {
      description: `Parley (${stage}): encrypts the alarms on their way to their readers`,
      enableKeyRotation: true,
    });
    const topic = new Topic(this, 'Topic', {
      displayName: `Parley ${stage}`,
      masterKey: key,
      enforceSSL: true,
    });
    topic.addSubscription(new EmailSubscription(email));

    const cloudWatch = new ServicePrincipal('cloudwatch.amazonaws.com');
    const ofThisAccount = { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } };
    key.addToResourcePolicy(
      new PolicyStatement({
        principals: [cloudWatch],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        resources: ['*'], // In a key's policy, that is this key.
        conditions: ofThisAccount,
      }),
    );
    // The policy that enforces TLS stands in place of the one that lets the account's own services publish.
    topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsMayPublish',
        principals: [cloudWatch],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: ofThisAccount,
      }),
    );
    return topic;
  }
}
