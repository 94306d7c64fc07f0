import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { AwsCallCounter } from './aws-call-counter.ts';
import { type Handler, loadHandler } from './handler-loading.ts';
import { markInvocation } from './invocation-marks.ts';
import type { FunctionError } from './lambda-pool.ts';
import type { InvokeMessage, WorkerMessage, WorkerSettings } from './worker-messages.ts';

/** The worker's side of an execution environment: what Lambda's runtime interface client does in a container. */

if (parentPort === null) throw new Error('worker-bootstrap.ts runs only as a worker');
const port = parentPort;
// Given by ExecutionEnvironment, the only one that starts this file.
const settings = workerData as WorkerSettings;
const calls = new AwsCallCounter();
calls.start();
let current: string | undefined;

const post = (message: WorkerMessage): void => port.postMessage(message);

function functionError(error: unknown): FunctionError {
  if (error instanceof Error) return { errorType: error.name, errorMessage: error.message };
  return { errorType: typeof error, errorMessage: String(error) };
}

function fail(error: FunctionError, exitCode: number): void {
  post({ type: 'error', requestId: current, error, awsCalls: calls.take(), fatal: true });
  process.exit(exitCode);
}

// Both end the container on AWS, with these exit codes.
process.on('uncaughtException', (error) => fail(functionError(error), 129));
process.on('unhandledRejection', (reason) => {
  const { errorType, errorMessage } = functionError(reason);
  fail(
    { errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: `${errorType}: ${errorMessage}` },
    128,
  );
});

async function invoke(handler: Handler, message: InvokeMessage): Promise<void> {
  current = message.requestId;
  markInvocation(message.requestId);
  try {
    const result = await handler(JSON.parse(message.eventJson), contextOf(message));
    // What cannot be written as JSON fails the invocation, as in Lambda's runtime.
    const payloadJson = JSON.stringify(result) ?? 'null';
    post({ type: 'result', requestId: message.requestId, payloadJson, awsCalls: calls.take() });
  } catch (error) {
    console.error(`${message.requestId}\tERROR\tInvoke Error`, error);
    post({
      type: 'error',
      requestId: message.requestId,
      error: functionError(error),
      awsCalls: calls.take(),
      fatal: false,
    });
  } finally {
    current = undefined;
  }
}

function contextOf(message: InvokeMessage): Record<string, unknown> {
  const name = process.env['AWS_LAMBDA_FUNCTION_NAME'];
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: name,
    functionVersion: '$LATEST',
    invokedFunctionArn: message.functionArn,
    memoryLimitInMB: process.env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'],
    awsRequestId: message.requestId,
    logGroupName: process.env['AWS_LAMBDA_LOG_GROUP_NAME'],
    logStreamName: process.env['AWS_LAMBDA_LOG_STREAM_NAME'],
    getRemainingTimeInMillis: () => Math.max(0, message.deadline - Date.now()),
  };
}

try {
  for (const module of settings.preload) await import(pathToFileURL(module).href);
  const handler = await loadHandler(settings.codeDirectory, settings.handler);
  port.on('message', (message: InvokeMessage) => void invoke(handler, message));
  post({ type: 'ready' });
} catch (error) {
  console.error('Uncaught Exception', error);
  post({ type: 'initError', error: functionError(error) });
}
