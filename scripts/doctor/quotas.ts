/** What the account allows, against what the stage is set to use. docs/operations.md computes it for a number of users. */
import { paginateListServiceQuotas, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { signInEnvironments } from '../../infra/sign-in.ts';
import { stageSettings } from '../../infra/stages.ts';
import { type Diagnosis, examine, ok, warning } from './diagnosis.ts';

/** Batches that deliver may work on at once for each shard: the mapping's parallelization factor. */
const batchesPerShard = 10;
/** What Lambda keeps for functions without a reservation (docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html). */
const unreserved = 100;

export function quotas(stage: string, where: { region?: string }): Promise<Diagnosis[]> {
  const settings = stageSettings(stage);
  const { stream, reservedConcurrency, throttle } = settings;
  const signIn = signInEnvironments(settings);
  // A new stream on demand has four shards (docs.aws.amazon.com/streams/latest/dev/how-do-i-size-a-stream.html).
  const shards = stream.capacity === 'on-demand' ? 4 : stream.capacity.shards;
  const reserved = Object.values(reservedConcurrency).reduce((sum, one) => sum + (one ?? 0), 0);
  const needs = [
    {
      service: 'lambda',
      name: 'Concurrent executions',
      needed: shards * batchesPerShard + signIn + reserved + unreserved,
      why: `${shards} shards with ${batchesPerShard} batches each, ${signIn} for a flood of sign-ins, ${reserved} reserved, ${unreserved} for the rest`,
    },
    {
      service: 'apigateway',
      name: 'Throttle rate',
      needed: 2 * throttle.ratePerSecond,
      why: 'both APIs up to `throttle.ratePerSecond`, and pushes share it',
    },
  ];
  const advice =
    'look into Service Quotas in the console: docs/operations.md, "Quotas to raise before launch"';
  return examine('quotas', advice, async () => {
    const client = new ServiceQuotasClient(where);
    const found: Diagnosis[] = [];
    for (const { service, name, needed, why } of needs) {
      const value = await quotaNamed(client, service, name);
      const subject = `quota ${service}`;
      const detail = `${name}: ${value ?? 'unknown'}, at least ${needed} wanted (${why})`;
      found.push(
        value !== undefined && value >= needed ? ok(subject, detail) : warning(subject, detail, advice),
      );
    }
    return found;
  });
}

async function quotaNamed(
  client: ServiceQuotasClient,
  service: string,
  name: string,
): Promise<number | undefined> {
  for await (const { Quotas = [] } of paginateListServiceQuotas({ client }, { ServiceCode: service })) {
    const value = Quotas.find(({ QuotaName }) => QuotaName === name)?.Value;
    if (value !== undefined) return value;
  }
  return undefined;
}
