import type { TestProject } from 'vitest/node';
import { RedisServer } from '../../../scripts/chaos/redis-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of the one server that all files of the project share. */
    cacheUrl: string;
  }
}

export default async function globalSetup(project: TestProject): Promise<() => Promise<void>> {
  const server = await RedisServer.start();
  project.provide('cacheUrl', server.url);
  return () => server.kill();
}
