/** One Lambda function with a log group and a role that allow exactly what its definition says. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Permission } from '../access.ts';
import type { StageSettings } from '../config.ts';
import type { FunctionDefinition, FunctionName } from '../functions.ts';
import { acknowledgeWildcard } from '../wildcards.ts';

export type ParleyFunctionProps = {
  name: FunctionName;
  definition: FunctionDefinition;
  settings: StageSettings;
  /** What it may do, beside writing its own log. */
  permissions: Permission[];
  environment: Record<string, string>;
};

/** X-Ray has no resources to name (docs.aws.amazon.com/lambda/latest/dg/services-xray.html). */
const ownTraces: Permission = {
  actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
  resource: '*',
  wildcardReason: 'X-Ray takes the traces of a role without naming what they belong to.',
};

const bundlesDirectory = join(import.meta.dirname, '../../dist/lambdas');

export class ParleyFunction extends Construct {
  readonly lambda: LambdaFunction;

  constructor(scope: Construct, id: string, props: ParleyFunctionProps) {
    super(scope, id);
    const { name, definition, settings, permissions, environment } = props;

    const logGroup = new LogGroup(this, 'Log', {
      retention: settings.logs.retentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const ownLog: Permission = {
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resource: logGroup.logGroupArn,
    };
    // Policies inside the role exist as soon as the role does: an event source mapping is checked against them when
    // it is created, and a separate policy could still be on its way.
    const all = settings.tracing ? [ownLog, ...permissions, ownTraces] : [ownLog, ...permissions];
    const statements = all.map(
      ({ actions, resource }) => new PolicyStatement({ actions, resources: [resource] }),
    );
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: { Access: new PolicyDocument({ statements }) },
    });
    for (const { resource, wildcardReason } of all) {
      if (wildcardReason) acknowledgeWildcard(role, resource, wildcardReason);
    }
    const reserved = settings.reservedConcurrency[name];
    this.lambda = new LambdaFunction(this, 'Function', {
      description: definition.description,
      code: Code.fromAsset(bundleOf(name)),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: definition.memoryMegabytes,
      timeout: Duration.seconds(definition.timeoutSeconds),
      role: role.withoutPolicyUpdates(),
      logGroup,
      // The logger already writes one JSON object a line: Lambda has nothing to add to it.
      loggingFormat: LoggingFormat.TEXT,
      tracing: settings.tracing ? Tracing.ACTIVE : Tracing.DISABLED,
      ...(reserved !== undefined && { reservedConcurrentExecutions: reserved }),
      environment,
    });
  }
}

function bundleOf(name: FunctionName): string {
  const directory = join(bundlesDirectory, name);
  if (!existsSync(join(directory, 'index.mjs'))) {
    throw new Error(`No bundle for function "${name}": run "npm run build" first (looked in ${directory})`);
  }
  return directory;
}
