/** Deletes what the buckets of a stack hold, so that the stack can be deleted. */
import { CloudFormationClient, paginateListStackResources } from '@aws-sdk/client-cloudformation';
import { DeleteObjectsCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';

export async function emptyBucketsOf(stackName: string, region: string): Promise<void> {
  const cloudFormation = new CloudFormationClient({ region });
  const s3 = new S3Client({ region });
  try {
    for (const bucket of await bucketsOf(stackName, cloudFormation)) await empty(bucket, s3);
  } finally {
    cloudFormation.destroy();
    s3.destroy();
  }
}

async function bucketsOf(stackName: string, client: CloudFormationClient): Promise<string[]> {
  const buckets: string[] = [];
  try {
    for await (const page of paginateListStackResources({ client }, { StackName: stackName })) {
      for (const { ResourceType, PhysicalResourceId, ResourceStatus } of page.StackResourceSummaries ?? []) {
        const isThere = ResourceStatus !== 'DELETE_COMPLETE' && PhysicalResourceId !== undefined;
        if (ResourceType === 'AWS::S3::Bucket' && isThere) buckets.push(PhysicalResourceId);
      }
    }
  } catch (error) {
    // CloudFormation's answer where there is no such stack: it is gone already.
    if (error instanceof Error && error.name === 'ValidationError' && /does not exist/.test(error.message))
      return [];
    throw error;
  }
  return buckets;
}

async function empty(bucket: string, client: S3Client): Promise<void> {
  // No bucket of ours keeps versions.
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: bucket })) {
    const keys = Contents.flatMap(({ Key }) => (Key === undefined ? [] : [{ Key }]));
    if (keys.length === 0) continue;
    const { Errors = [] } = await client.send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: keys, Quiet: true } }),
    );
    const [first] = Errors;
    if (first) throw new Error(`${bucket}/${first.Key} could not be deleted: ${first.Message}`);
  }
}
