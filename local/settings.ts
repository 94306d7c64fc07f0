import { parseArgs } from 'node:util';
import { StartError } from './emulators/start-error.ts';

export type StartSettings = {
  port: number;
  host: string;
  dataDirectory: string;
  fresh: boolean;
  /** Tells each hop of a message. */
  verbose: boolean;
  /** Variables of every function, beside those that the template gives them. */
  functionEnvironment: Record<string, string>;
};

export const DEFAULT_PORT = 8787;

/** What `npm start` takes from its environment and its command line. */
export function startSettings(environment: NodeJS.ProcessEnv, args: readonly string[]): StartSettings {
  const { fresh, verbose } = flags(args);
  return {
    port: portOf(environment['PORT']),
    host: environment['HOST'] || '127.0.0.1',
    dataDirectory: environment['PARLEY_DATA'] || '.parley',
    fresh,
    verbose,
    functionEnvironment: {
      ...cacheOf(environment['PARLEY_CACHE']),
      // At which the functions log each hop as it happens.
      ...(verbose && { POWERTOOLS_LOG_LEVEL: 'DEBUG' }),
    },
  };
}

/** On AWS the template says where the cache is; here it is a server of the developer's own. */
function cacheOf(url: string | undefined): Record<string, string> {
  if (url === undefined || url === '') return {};
  if (!/^redis:\/\/[^/@\s]+$/.test(url)) {
    throw new StartError(`PARLEY_CACHE must be like redis://127.0.0.1:6379, not "${url}".`);
  }
  return { CACHE_URL: url };
}

function portOf(text: string | undefined): number {
  if (text === undefined || text === '') return DEFAULT_PORT;
  const port = Number(text);
  if (!(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    throw new StartError(`PORT must be a number from 0 (any free one) to 65535, not "${text}".`);
  }
  return port;
}

function flags(args: readonly string[]): { fresh: boolean; verbose: boolean } {
  const flag = { type: 'boolean', default: false } as const;
  try {
    return parseArgs({ args: [...args], options: { fresh: flag, verbose: flag } }).values;
  } catch (error) {
    throw new StartError(
      `${error instanceof Error ? error.message : error} There are --fresh and --verbose.`,
    );
  }
}
