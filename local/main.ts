import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { DEMO_PASSWORD, DEMO_USERNAMES, type Demo, prepareDemo } from './demo.ts';
import { StartError } from './emulators/start-error.ts';
import { HopLog } from './hop-log.ts';
import { type Runtime, startRuntime } from './runtime.ts';
import { startSettings } from './settings.ts';

/**
 * `npm start`: runs until a signal ends it.
 *
 * @param synthesize builds the bundles and gives the directory of the cloud assembly
 * @param buildWeb builds the web client and gives its directory
 * @param buildConsole does so for the page of `/_local/`
 */
export async function main(
  synthesize: () => Promise<string>,
  buildWeb: () => Promise<string>,
  buildConsole: () => Promise<string>,
): Promise<void> {
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  let stop: () => void = () => process.exit(0);
  // Until everything stands there is nothing to close in order: what we started dies with us.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop());
  try {
    const { functionEnvironment, verbose, ...settings } = startSettings(process.env, process.argv.slice(2));
    const functionLog = new FunctionLog();
    const hopLog = verbose ? new HopLog((line) => console.log(line)) : undefined;
    const runtime = await startRuntime({
      ...settings,
      assemblyDirectory: synthesize,
      webDirectory: buildWeb,
      consoleDirectory: buildConsole,
      log: (line) => console.log(line),
      lambda: {
        environment: functionEnvironment,
        onLog(line) {
          functionLog.write(line.functionName, line.line);
          hopLog?.addLine(line);
        },
        onInvocation({ functionName, functionError }) {
          if (functionError !== undefined)
            console.error(`${functionName} failed: ${functionError.errorMessage}`);
        },
      },
      onBatch: (functionName, event) => hopLog?.addBatch(functionName, event),
      onFatal: fail,
    });
    functionLog.open(join(runtime.dataDirectory, 'functions.log'));
    stop = () => {
      // A second Ctrl-C does not wait.
      stop = () => process.exit(1);
      runtime.close().then(() => process.exit(0), fail);
    };
    const demo = await prepareDemo(runtime);
    if (demo !== undefined) runtime.offerDemoUsers({ usernames: DEMO_USERNAMES, password: DEMO_PASSWORD });
    console.log(welcome(runtime, demo));
  } catch (error) {
    fail(error);
  }
}

function welcome(runtime: Runtime, demo: Demo | undefined): string {
  const lines = [
    '',
    'Parley is ready.',
    '',
    `  Web client     ${runtime.url}`,
    `  What goes on   ${runtime.url}/_local/`,
    `  HTTP API       ${runtime.url}/v1`,
    `  WebSocket API  ${runtime.webSocketUrl}`,
    `  Data folder    ${runtime.dataDirectory} (functions.log holds what the functions log)`,
  ];
  if (demo !== undefined) {
    const send = {
      action: 'sendMessage',
      conversationId: demo.conversationId,
      messageId: 'hello-1',
      content: 'Hello Bob',
    };
    lines.push(
      `  Demo users     alice, bob, carol (password: ${DEMO_PASSWORD})`,
      '',
      '  Open a socket as alice:',
      '',
      `npx wscat -c ${runtime.webSocketUrl} -s parley.v1 -s bearer.${demo.token}`,
      '',
      '  and send to bob:',
      '',
      JSON.stringify(send),
    );
  }
  return [...lines, '', '  Ctrl-C stops it.'].join('\n');
}

/** One line and exit code 1. A stack trace helps those who work on Parley itself, who set PARLEY_DEBUG. */
function fail(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  const expected = error instanceof StartError || !(error instanceof Error);
  if (process.env['PARLEY_DEBUG'] && error instanceof Error) console.error(error.stack);
  else console.error(`Parley: ${message}${expected ? '' : ' (PARLEY_DEBUG=1 shows where this comes from.)'}`);
  process.exit(1);
}

/** What functions log, kept off the console. Lines from before the data folder is ours wait. */
class FunctionLog {
  #stream: NodeJS.WritableStream | undefined;
  #early: string[] = [];

  write(functionName: string, line: string): void {
    const entry = `${functionName} ${line}\n`;
    if (this.#stream === undefined) this.#early.push(entry);
    else this.#stream.write(entry);
  }

  open(path: string): void {
    this.#stream = createWriteStream(path, { mode: 0o600 });
    for (const entry of this.#early.splice(0)) this.#stream.write(entry);
  }
}
