/** Lines of the functions' logs that name something: CloudWatch Logs on AWS, `functions.log` in the data folder here. */
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import pMap from 'p-map';
import { type Deployment, withoutHash } from '../deployment/deployment.ts';

export type LogLine = Record<string, unknown>;

/** Log groups that are searched at once: 5 requests a second are allowed (docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html). */
const groupsAtOnce = 2;

export async function logLinesWith(deployment: Deployment, text: string, since: Date): Promise<LogLine[]> {
  return deployment.dataDirectory === undefined
    ? linesInCloudWatch(deployment, text, since)
    : linesInFile(join(deployment.dataDirectory, 'functions.log'), text, since);
}

async function linesInFile(path: string, text: string, since: Date): Promise<LogLine[]> {
  if (!existsSync(path)) return [];
  const found: LogLine[] = [];
  for await (const line of createInterface({ input: createReadStream(path) })) {
    if (!line.includes(text)) continue;
    // Before the line stands the function's name.
    const parsed = parseLine(line.slice(line.indexOf(' ') + 1));
    if (parsed !== undefined && Date.parse(String(parsed['timestamp'])) >= since.getTime())
      found.push(parsed);
  }
  return found;
}

async function linesInCloudWatch(deployment: Deployment, text: string, since: Date): Promise<LogLine[]> {
  const client = new CloudWatchLogsClient({ region: deployment.region, maxAttempts: 8 });
  const groups = deployment.resources.filter(
    // Those of the functions: access logs have a form of their own.
    ({ type, logicalId }) =>
      type === 'AWS::Logs::LogGroup' && /(?<!Access|Deployment)Log$/.test(withoutHash(logicalId)),
  );
  try {
    const lines = await pMap(
      groups,
      async ({ physicalId: logGroupName }) => {
        const found: LogLine[] = [];
        const query = { logGroupName, filterPattern: JSON.stringify(text), startTime: since.getTime() };
        for await (const { events = [] } of paginateFilterLogEvents({ client }, query)) {
          for (const { message = '' } of events) {
            const parsed = parseLine(message);
            if (parsed !== undefined) found.push(parsed);
          }
        }
        return found;
      },
      { concurrency: groupsAtOnce },
    );
    return lines.flat();
  } finally {
    client.destroy();
  }
}

/** `undefined` for what is no structured line, such as the platform's own. */
function parseLine(text: string): LogLine | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
