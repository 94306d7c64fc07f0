/** The API that posts to a deployment's connections and closes them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi';
import { emulatorClient } from '../../local/emulators/aws-client.ts';
import type { RuntimeAddresses } from '../../local/runtime.ts';
import { type Deployment, withoutHash } from './deployment.ts';

export function managementApiOf(deployment: Deployment): ApiGatewayManagementApiClient {
  const { dataDirectory, region } = deployment;
  return new ApiGatewayManagementApiClient(
    dataDirectory === undefined
      ? { region, endpoint: endpointOnAws(deployment) }
      : clientOfRuntime(dataDirectory, region),
  );
}

/** As infra/constructs/web-socket-api.ts makes it. */
function endpointOnAws({ resources, region }: Deployment): string {
  const api = resources.find(
    ({ type, logicalId }) =>
      type === 'AWS::ApiGatewayV2::Api' && withoutHash(logicalId).startsWith('WebSocket'),
  );
  if (api === undefined) throw new Error('The stage has no WebSocket API');
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return `https://${api.physicalId}.execute-api.${region}.${suffix}/v1`;
}

function clientOfRuntime(dataDirectory: string, region: string) {
  const text = readFileSync(join(dataDirectory, 'endpoints.json'), 'utf8');
  const { connections, accessKeyId }: RuntimeAddresses = JSON.parse(text); // The runtime writes it so.
  return emulatorClient(connections, { region, accessKeyId });
}
