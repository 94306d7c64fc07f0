import type { Assembly } from './template/assembly.ts';

/** Resource types that the runtime acts on. */
const SERVED = new Set([
  'AWS::DynamoDB::Table',
  'AWS::DynamoDB::GlobalTable',
  'AWS::Kinesis::Stream',
  // Its mapping polls the stream as it does without.
  'AWS::Kinesis::StreamConsumer',
  'AWS::SQS::Queue',
  'AWS::S3::Bucket',
  'AWS::SecretsManager::Secret',
  'AWS::Events::EventBus',
  'AWS::Lambda::Function',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Lambda::Permission',
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::Authorizer',
  'AWS::ApiGatewayV2::Integration',
  'AWS::ApiGatewayV2::Route',
  'AWS::ApiGatewayV2::RouteResponse',
  'AWS::ApiGatewayV2::Stage',
]);

/** Types without effect on one machine: nobody is kept out, nothing is watched, nothing is billed. */
const WITHOUT_EFFECT = new Set([
  'AWS::ApiGateway::Account',
  'AWS::ApiGatewayV2::Deployment',
  'AWS::ApiGatewayV2::IntegrationResponse',
  'AWS::CDK::Metadata',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::CompositeAlarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::IAM::ManagedPolicy',
  'AWS::IAM::Policy',
  'AWS::IAM::Role',
  'AWS::Logs::LogGroup',
  'AWS::Logs::MetricFilter',
  'AWS::Logs::QueryDefinition',
  'AWS::S3::BucketPolicy',
  'AWS::SQS::QueuePolicy',
  'AWS::SecretsManager::ResourcePolicy',
]);

/** One line for each type of the template that the runtime does not know, such as `AWS::SNS::Topic (Alerts)`. */
export function unknownResources(assembly: Assembly): string[] {
  const byType = new Map<string, string[]>();
  for (const { type, logicalId } of assembly.resources) {
    if (SERVED.has(type) || WITHOUT_EFFECT.has(type)) continue;
    byType.set(type, [...(byType.get(type) ?? []), logicalId]);
  }
  return [...byType].map(([type, logicalIds]) => `${type} (${logicalIds.join(', ')})`);
}
