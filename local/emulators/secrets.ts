import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { guard } from '../loopback-guard.ts';
import type { Emulator } from './emulator.ts';
import { type Secret, SecretFile, type SecretVersion } from './secret-file.ts';
import { StartError } from './start-error.ts';

export type SecretsEmulator = Emulator & { secrets: SecretFile };

type Reply = { status: number; body: object };
type Parameters = Record<string, unknown>;

/** The part of Secrets Manager that Parley uses (AWS JSON 1.1), over one file in the data folder. */
export async function startSecrets(options: {
  dataDirectory: string;
  accessKeyId: string;
}): Promise<SecretsEmulator> {
  const secrets = new SecretFile(join(options.dataDirectory, 'secrets.json'));
  const server = createServer((request, response) => void serve(secrets, request, response));
  guard(server, options.accessKeyId);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new StartError('The secrets emulator has no port');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    secrets,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function serve(secrets: SecretFile, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const reply = await readParameters(request).then(
    (parameters) => act(secrets, String(request.headers['x-amz-target']), parameters),
    () => failure('SerializationException', 'The request body is not a JSON object'),
  );
  response
    .writeHead(reply.status, { 'content-type': 'application/x-amz-json-1.1' })
    .end(JSON.stringify(reply.body));
}

async function readParameters(request: IncomingMessage): Promise<Parameters> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== 'object' || parsed === null) throw new Error('Not an object');
  return parsed as Parameters;
}

function act(secrets: SecretFile, target: string, parameters: Parameters): Reply {
  const secret =
    typeof parameters['SecretId'] === 'string' ? secrets.find(parameters['SecretId']) : undefined;
  if (secret === undefined) {
    return failure('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  }
  switch (target) {
    case 'secretsmanager.GetSecretValue':
      return getSecretValue(secret, parameters);
    case 'secretsmanager.PutSecretValue': {
      if (typeof parameters['SecretString'] !== 'string') {
        return failure(
          'InvalidRequestException',
          'You must provide SecretString (SecretBinary is not served locally).',
        );
      }
      const { versionId } = secrets.put(secret, parameters['SecretString']);
      return success({
        ARN: secret.arn,
        Name: secret.name,
        VersionId: versionId,
        VersionStages: ['AWSCURRENT'],
      });
    }
    case 'secretsmanager.DescribeSecret':
      return success({
        ARN: secret.arn,
        Name: secret.name,
        CreatedDate: secret.createdDate / 1000,
        LastChangedDate: secret.current.createdDate / 1000,
        VersionIdsToStages: Object.fromEntries(
          versionsOf(secret).map(({ version, stage }) => [version.versionId, [stage]]),
        ),
      });
    default:
      return failure('UnknownOperationException', `${target} is not served locally`);
  }
}

function getSecretValue(secret: Secret, parameters: Parameters): Reply {
  const stage =
    parameters['VersionStage'] ?? (parameters['VersionId'] === undefined ? 'AWSCURRENT' : undefined);
  const found = versionsOf(secret).find(
    (candidate) =>
      (stage === undefined || candidate.stage === stage) &&
      (parameters['VersionId'] === undefined || candidate.version.versionId === parameters['VersionId']),
  );
  if (found === undefined) {
    return failure('ResourceNotFoundException', "Secrets Manager can't find the specified secret value.");
  }
  return success({
    ARN: secret.arn,
    Name: secret.name,
    VersionId: found.version.versionId,
    SecretString: found.version.secretString,
    VersionStages: [found.stage],
    CreatedDate: found.version.createdDate / 1000,
  });
}

function versionsOf(secret: Secret): { stage: string; version: SecretVersion }[] {
  const current = { stage: 'AWSCURRENT', version: secret.current };
  return secret.previous === undefined
    ? [current]
    : [current, { stage: 'AWSPREVIOUS', version: secret.previous }];
}

function success(body: object): Reply {
  return { status: 200, body };
}

function failure(type: string, message: string): Reply {
  return { status: 400, body: { __type: type, message } };
}
