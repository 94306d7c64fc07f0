/** Everything that can be thrown away and deployed again: functions, APIs, and the mapping between stream and deliver. */
import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { environmentFor, permissionsFor } from '../access.ts';
import type { StageSettings } from '../config.ts';
import { ParleyHttpApi } from '../constructs/http-api.ts';
import { MessageSource } from '../constructs/message-source.ts';
import { ParleyFunction } from '../constructs/parley-function.ts';
import { QueueSource } from '../constructs/queue-source.ts';
import { type CachedStage, ValkeyCache } from '../constructs/valkey-cache.ts';
import type { ApiDomains } from '../constructs/web-distribution.ts';
import { ParleyWebSocketApi } from '../constructs/web-socket-api.ts';
import {
  type FunctionDefinition,
  type FunctionName,
  functionDefinitions,
  functionNames,
} from '../functions.ts';
import { Watch } from '../observing/watch.ts';
import type { ParleyData } from './parley-data.ts';
import { stackOfStage } from './stack-of-stage.ts';

export class ParleyService extends Stack {
  readonly domains: ApiDomains;

  constructor(scope: Construct, id: string, data: ParleyData, settings: StageSettings, version: string) {
    super(scope, id, {
      ...stackOfStage(id, settings),
      description: `Parley (${settings.stage}): functions and APIs`,
    });
    const webSocketApi = new ParleyWebSocketApi(this, 'WebSocket', settings);
    const messageSource = new MessageSource(this, 'MessageSource', data, settings);
    const fanOutSource = new QueueSource(this, 'FanOutSource', data.fanOutQueue, {
      batchSize: 10, // The most there is for a FIFO queue.
      reportBatchItemFailures: true,
      maxConcurrency: settings.fanOut.maximumConcurrency,
    });
    const erasureSource = new QueueSource(this, 'ErasureSource', data.erasureQueue, {
      batchSize: 1,
      // The least there is. However many users go at once, what people say goes first: lambdas/services/erase-user.ts counts on it.
      maxConcurrency: 2,
    });
    const cache = hasCache(settings) ? new ValkeyCache(this, 'Cache', settings) : undefined;

    const build = (name: FunctionName): [FunctionName, ParleyFunction] => {
      const definition = functionDefinitions[name];
      const permissions = permissionsFor(definition, data, webSocketApi.managementApi);
      if (name === 'stream-deliver') permissions.push(...messageSource.permissions);
      if (name === 'stream-fanout') permissions.push(...fanOutSource.permissions);
      if (name === 'stream-erase') permissions.push(...erasureSource.permissions);
      const environment = environmentFor(
        name,
        definition,
        data,
        webSocketApi.managementApi,
        settings,
        version,
      );
      if (cache !== undefined && asksCache(definition)) {
        permissions.push(...cache.permissions);
        environment['CACHE_URL'] = cache.url;
      }
      return [
        name,
        new ParleyFunction(this, constructId(name), { name, definition, settings, permissions, environment }),
      ];
    };
    const built = new Map(functionNames.map(build));
    const handlers = (name: FunctionName) => {
      const found = built.get(name);
      if (!found) throw new Error(`No function "${name}"`);
      return found.lambda;
    };

    webSocketApi.addRoutes(handlers);
    messageSource.deliverTo(handlers('stream-deliver'));
    fanOutSource.deliverTo(handlers('stream-fanout'));
    erasureSource.deliverTo(handlers('stream-erase'));
    const httpApi = new ParleyHttpApi(this, 'Http', settings, handlers);

    new Watch(this, 'Watch', {
      settings,
      data,
      functions: handlers,
      http: httpApi.stage,
      webSocket: webSocketApi.stage,
    });

    this.domains = { http: httpApi.domainName, webSocket: webSocketApi.domainName };

    new CfnOutput(this, 'WebSocketUrl', { value: webSocketApi.url });
    new CfnOutput(this, 'HttpUrl', { value: httpApi.url });
  }
}

function hasCache(settings: StageSettings): settings is CachedStage {
  return settings.cache !== false;
}

/** The cache stands before these two tables. */
function asksCache({ tables }: FunctionDefinition): boolean {
  return tables?.Presence !== undefined || tables?.RateLimits !== undefined;
}

/** `websocket-send` becomes `WebsocketSend`. */
function constructId(name: FunctionName): string {
  return name
    .split('-')
    .map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
    .join('');
}
