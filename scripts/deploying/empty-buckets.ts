/** Deletes what the buckets of a stack hold, so that the stack can be deleted. */
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { DeleteObjectsCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { resourcesOfStack } from '../deployment/stack-resources.ts';

export async function emptyBucketsOf(stackName: string, region: string): Promise<void> {
  const cloudFormation = new CloudFormationClient({ region });
  const s3 = new S3Client({ region });
  try {
    // Where there is no such stack, it is gone already.
    for (const { type, physicalId } of (await resourcesOfStack(stackName, cloudFormation)) ?? []) {
      if (type === 'AWS::S3::Bucket') await empty(physicalId, s3);
    }
  } finally {
    cloudFormation.destroy();
    s3.destroy();
  }
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
