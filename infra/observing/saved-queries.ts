/** Queries of CloudWatch Logs Insights that docs/operations.md asks for, saved where the functions' logs are. They cost nothing. */
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { QueryDefinition, QueryString } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

const queries: Record<string, QueryString> = {
  'What failed': new QueryString({
    fields: ['@timestamp', 'service', 'message', 'route', 'requestId', 'error.name', 'error.message'],
    filterStatements: ['level in ["ERROR", "WARN"] or outcome in ["error", "INTERNAL", "UNAVAILABLE"]'],
    sort: '@timestamp desc',
    limit: 200,
  }),
  'Follow a message': new QueryString({
    fields: ['@timestamp', 'service', 'outcome', 'requestId', 'connectionId', '@message'],
    filterStatements: ['@message like "put the messageId here"'],
    sort: '@timestamp asc',
    limit: 200,
  }),
  'How long it took': new QueryString({
    filterStatements: ['message = "invocation"'],
    statsStatements: [
      'count(*) as invocations, pct(durationMs, 50) as p50, pct(durationMs, 99) as p99, max(durationMs) as longest by service, route',
    ],
    sort: 'p99 desc',
  }),
};

export class SavedQueries extends Construct {
  constructor(scope: Construct, id: string, stage: string, logGroups: ILogGroup[]) {
    super(scope, id);
    for (const [name, queryString] of Object.entries(queries)) {
      new QueryDefinition(this, name.replaceAll(' ', ''), {
        queryDefinitionName: `Parley/${stage}/${name}`,
        queryString,
        logGroups,
      });
    }
  }
}
