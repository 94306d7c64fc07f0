/** The built web client in a bucket that only CloudFront reads. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DefaultStackSynthesizer, RemovalPolicy, Size, Validations } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CfnBucket,
  type IBucket,
} from 'aws-cdk-lib/aws-s3';
import { BucketDeployment, CacheControl, Source } from 'aws-cdk-lib/aws-s3-deployment';
import { Construct } from 'constructs';
import { cacheControl } from '../../shared/web/security-headers.ts';
import type { StageSettings } from '../config.ts';

const directory = join(import.meta.dirname, '../../dist/web');

export class WebFiles extends Construct {
  readonly bucket: IBucket;

  constructor(scope: Construct, id: string, settings: StageSettings) {
    super(scope, id);
    if (!existsSync(join(directory, 'index.html')))
      throw new Error(
        'The web client is not built: run `npm run build:web`, or turn `web` off for this stage.',
      );
    // Everything in it comes out of the build: it goes with its stack in every stage.
    const bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.DESTROY,
      autoDeleteObjects: false,
    });
    // A Bucket is one, as its class says; under exactOptionalPropertyTypes the two declarations differ by an `undefined`.
    this.bucket = bucket as IBucket;
    Validations.of(bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'Only CloudFront reads it, and it holds nothing but the public files of the web client.',
    });
    const logGroup = new LogGroup(this, 'DeploymentLog', {
      retention: settings.logs.retentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const deploy = (name: string, exclude: string[], include: string[], policy: string) =>
      new BucketDeployment(this, name, {
        sources: [Source.asset(directory)],
        destinationBucket: this.bucket,
        exclude,
        include,
        cacheControl: [CacheControl.fromString(policy)],
        // Pages that are open still load the files they name.
        prune: false,
        memoryLimit: 256,
        ephemeralStorageSize: Size.mebibytes(512),
        logGroup,
      });
    const named = deploy('Assets', ['*'], ['assets/*'], cacheControl.named);
    const page = deploy('Page', ['assets/*'], [], cacheControl.page);
    // A page must never name what is not there yet.
    page.node.addDependency(named);
    this.acknowledgeDeployer(named);
  }

  /** The CDK's own function that copies the files when the stack is deployed, with the rights that the CDK gives it. */
  private acknowledgeDeployer(deployment: BucketDeployment): void {
    const deployer = deployment.handlerRole.node.scope;
    if (deployer === undefined) throw new Error('The role of the deployment belongs to no function');
    const { stack } = deployment.handlerRole;
    // The resource behind a Bucket is always one.
    const bucket = `<${stack.getLogicalId(this.bucket.node.defaultChild as CfnBucket)}.Arn>`;
    const assets = `cdk-${DefaultStackSynthesizer.DEFAULT_QUALIFIER}-assets-<AWS::AccountId>-<AWS::Region>`;
    const findings = [
      'IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]',
      ...['GetObject', 'GetBucket', 'List', 'DeleteObject', 'Abort'].map(
        (action) => `IAM5[Action::s3:${action}*]`,
      ),
      `IAM5[Resource::arn:<AWS::Partition>:s3:::${assets}/*]`,
      `IAM5[Resource::${bucket}/*]`,
      'L1',
    ];
    for (const finding of findings) {
      Validations.of(deployer).acknowledge({
        id: `AwsSolutions-${finding}`,
        reason: 'Made by the CDK, which chooses its rights and its runtime; it runs during deployments only.',
      });
    }
  }
}
