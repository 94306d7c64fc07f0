/** Whether a deployed stage is whole: what AWS says of each part that messages pass through. */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeStreamSummaryCommand, KinesisClient } from '@aws-sdk/client-kinesis';
import { GetEventSourceMappingCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { Deployment } from '../deployment/deployment.ts';
import { stageDeployment } from '../deployment/stage-deployment.ts';
import { checkCache } from './cache.ts';
import { type Diagnosis, examine, failed, ok, warning } from './diagnosis.ts';
import { quotas } from './quotas.ts';

export async function diagnoseStage(stage: string, region: string | undefined): Promise<Diagnosis[]> {
  const identity = await examine(
    'credentials',
    'sign in, with `aws sso login` or `aws login`, and name the profile in AWS_PROFILE',
    async () => {
      const client = new STSClient(region === undefined ? {} : { region });
      const { Account, Arn } = await client.send(new GetCallerIdentityCommand({}));
      return ok('credentials', `account ${Account}, ${Arn}`);
    },
  );
  if (identity.some(({ state }) => state === 'failed')) return identity;
  let deployment: Deployment;
  try {
    deployment = await stageDeployment(stage, region);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const where = region === undefined ? {} : { region };
    const advice = `deploy it with \`npm run deploy -- --stage ${stage}\`, or look in another --region or account`;
    return [...identity, ...(await bootstrap(where)), failed('stacks', error.message, advice)];
  }
  const where = { region: deployment.region };
  const parts = await Promise.all([
    bootstrap(where),
    stacks(stage, where),
    ...ofType(deployment, 'AWS::DynamoDB::Table').map((name) => table(name, where)),
    stream(deployment),
    ...ofType(deployment, 'AWS::Lambda::EventSourceMapping').map((id) => mapping(id, where)),
    ...ofType(deployment, 'AWS::SecretsManager::Secret').map((id) => secret(id, where)),
    deadLetters(deployment),
    ...ofType(deployment, 'AWS::ElastiCache::ServerlessCache').map((name) => cache(name, where)),
    quotas(stage, where),
  ]);
  return [...identity, ...parts.flat()];
}

type Where = { region?: string };

function ofType(deployment: Deployment, type: string): string[] {
  return deployment.resources.filter((one) => one.type === type).map(({ physicalId }) => physicalId);
}

/** The version is kept in this parameter (docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html). */
function bootstrap(where: Where): Promise<Diagnosis[]> {
  const advice = 'run `npx cdk bootstrap` for the account and region, once';
  return examine('CDK bootstrap', advice, async () => {
    const Name = '/cdk-bootstrap/hnb659fds/version';
    const { Parameter } = await new SSMClient(where).send(new GetParameterCommand({ Name }));
    return ok('CDK bootstrap', `version ${Parameter?.Value}`);
  });
}

function stacks(stage: string, where: Where): Promise<Diagnosis[]> {
  const advice = `see its events in CloudFormation, and deploy again: \`npm run deploy -- --stage ${stage}\``;
  return examine('stacks', advice, async () => {
    const client = new CloudFormationClient(where);
    const found: Diagnosis[] = [];
    for (const StackName of [`ParleyData-${stage}`, `ParleyService-${stage}`]) {
      const { Stacks } = await client.send(new DescribeStacksCommand({ StackName }));
      const status = Stacks?.[0]?.StackStatus ?? 'unknown';
      if (/^(CREATE|UPDATE|IMPORT)_COMPLETE$/.test(status)) found.push(ok(StackName, status));
      else if (/ROLLBACK_COMPLETE$|IN_PROGRESS$/.test(status)) found.push(warning(StackName, status, advice));
      else found.push(failed(StackName, status, advice));
    }
    return found;
  });
}

function table(TableName: string, where: Where): Promise<Diagnosis[]> {
  const advice = 'a table that is missing is restored from a backup: docs/operations.md';
  return examine(TableName, advice, async () => {
    const { Table } = await new DynamoDBClient(where).send(new DescribeTableCommand({ TableName }));
    const status = Table?.TableStatus ?? 'unknown';
    if (status === 'ACTIVE') return ok(TableName, status);
    return status === 'UPDATING'
      ? warning(TableName, status, 'it serves meanwhile: look again later')
      : failed(TableName, status, advice);
  });
}

function stream(deployment: Deployment): Promise<Diagnosis[]> {
  const advice = 'without it nothing is accepted: see its state in the console, and deploy again';
  return examine('stream', advice, async () => {
    const StreamName = deployment.physicalId('Messages');
    const { StreamDescriptionSummary } = await new KinesisClient(deployment.settings('kinesis')).send(
      new DescribeStreamSummaryCommand({ StreamName }),
    );
    const { StreamStatus = 'unknown', OpenShardCount } = StreamDescriptionSummary ?? {};
    const detail = `${StreamStatus}, ${OpenShardCount} shards`;
    if (StreamStatus === 'ACTIVE') return ok('stream', detail);
    return StreamStatus === 'UPDATING'
      ? warning('stream', detail, 'it serves meanwhile: look again later')
      : failed('stream', detail, advice);
  });
}

function mapping(UUID: string, where: Where): Promise<Diagnosis[]> {
  const subject = `event source ${UUID.slice(0, 8)}`;
  const advice = `\`aws lambda update-event-source-mapping --uuid ${UUID} --enabled\`; docs/operations.md, messages-not-stored`;
  return examine(subject, advice, async () => {
    const found = await new LambdaClient(where).send(new GetEventSourceMappingCommand({ UUID }));
    const source = found.EventSourceArn?.split(':').at(-1) ?? 'unknown';
    const detail = `${found.State} for ${source}, last result: ${found.LastProcessingResult ?? 'none'}`;
    return found.State === 'Enabled' || found.State === 'Updating'
      ? ok(subject, detail)
      : failed(subject, detail, advice);
  });
}

/** Whether it can be read, and has the form that functions need. What it holds is looked at and not kept. */
function secret(SecretId: string, where: Where): Promise<Diagnosis[]> {
  const subject = `secret ${SecretId.split(':').at(-1)}`;
  const advice = 'functions cannot sign or check without it: put back the value {"current": "…"} that it had';
  return examine(subject, advice, async () => {
    try {
      const { SecretString = '' } = await new SecretsManagerClient(where).send(
        new GetSecretValueCommand({ SecretId }),
      );
      const value: unknown = JSON.parse(SecretString);
      const isWhole = typeof value === 'object' && value !== null && 'current' in value;
      return isWhole ? ok(subject, 'readable') : failed(subject, 'has no "current"', advice);
    } catch (error) {
      if (error instanceof SyntaxError) return failed(subject, 'is no JSON', advice);
      if (error instanceof Error && error.name === 'AccessDeniedException') {
        return warning(subject, 'not for this user to read', 'nothing, if that is on purpose');
      }
      throw error;
    }
  });
}

function deadLetters(deployment: Deployment): Promise<Diagnosis[]> {
  return examine('dead letters', 'look into the queues: `npm run dlq -- list`', async () => {
    const client = new SQSClient(deployment.settings('sqs'));
    let waiting = 0;
    for (const id of ['DeadLetters', 'FanOutDeadLetters', 'ErasureDeadLetters']) {
      const { Attributes } = await client.send(
        new GetQueueAttributesCommand({
          QueueUrl: deployment.physicalId(id),
          AttributeNames: ['ApproximateNumberOfMessages'],
        }),
      );
      waiting += Number(Attributes?.ApproximateNumberOfMessages ?? 0);
    }
    if (waiting === 0) return ok('dead letters', 'none');
    const stage = deployment.stage === undefined ? '' : ` --stage ${deployment.stage}`;
    return warning('dead letters', `about ${waiting}`, `\`npm run dlq -- list${stage}\``);
  });
}

function cache(name: string, where: Where): Promise<Diagnosis[]> {
  return examine('cache', 'chat works without it, slower: see it in the ElastiCache console', () =>
    checkCache(name, where),
  );
}
