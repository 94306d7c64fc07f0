import type { AttributedResource } from './assembly.ts';

/** Types whose Ref is a name one may give in the template, with the property that gives it. */
const nameProperties: Record<string, string> = {
  'AWS::DynamoDB::Table': 'TableName',
  'AWS::DynamoDB::GlobalTable': 'TableName',
  'AWS::Kinesis::Stream': 'Name',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::S3::Bucket': 'BucketName',
  'AWS::SQS::Queue': 'QueueName',
};

/**
 * What CloudFormation would answer for the resource types the runtime serves itself: function and API ARNs and ids,
 * names by their property or else the logical id. Undefined for what only an emulator knows (a queue's URL, say).
 */
export function localAttribute(
  resource: AttributedResource,
  name: string,
  place: { region: string; accountId: string },
): string | undefined {
  const { type, logicalId } = resource;
  const { region, accountId } = place;
  const arn = (service: string, rest: string): string => `arn:aws:${service}:${region}:${accountId}:${rest}`;
  if (type === 'AWS::Lambda::Function') {
    // The pool knows functions by logical id, so that is their name here whatever FunctionName says.
    return { Ref: logicalId, Arn: arn('lambda', `function:${logicalId}`) }[name];
  }
  if (type === 'AWS::ApiGatewayV2::Api') {
    const host = `${logicalId}.execute-api.${region}.amazonaws.com`;
    const scheme = resource.properties['ProtocolType'] === 'WEBSOCKET' ? 'wss' : 'https';
    return { Ref: logicalId, ApiId: logicalId, ApiEndpoint: `${scheme}://${host}` }[name];
  }
  if (type === 'AWS::IAM::Role')
    return { Ref: logicalId, Arn: `arn:aws:iam::${accountId}:role/${logicalId}` }[name];
  if (type === 'AWS::ApiGatewayV2::Stage' && name === 'Ref') return String(resource.properties['StageName']);
  if (name !== 'Ref') return undefined;
  const nameProperty = nameProperties[type];
  const given = nameProperty === undefined ? undefined : resource.properties[nameProperty];
  return typeof given === 'string' ? given : logicalId;
}
