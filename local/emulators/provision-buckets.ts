import {
  BucketAlreadyExists,
  BucketAlreadyOwnedByYou,
  CreateBucketCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { Resource } from '../template/assembly.ts';
import { bucketName } from './resource-attributes.ts';

export async function provisionBucket(client: S3Client, resource: Resource): Promise<void> {
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucketName(resource) }));
  } catch (error) {
    // Created by an earlier start.
    if (!(error instanceof BucketAlreadyOwnedByYou || error instanceof BucketAlreadyExists)) throw error;
  }
}
