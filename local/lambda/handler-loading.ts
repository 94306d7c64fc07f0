import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export type Handler = (event: unknown, context: unknown) => unknown;

/** An error by the name that Lambda's Node.js runtime gives it. */
class RuntimeError extends Error {
  constructor(name: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = name;
  }
}

/** Imports `<module>.<export>` of a function, with the error names of aws-lambda-nodejs-runtime-interface-client. */
export async function loadHandler(codeDirectory: string, handler: string): Promise<Handler> {
  const dot = handler.lastIndexOf('.');
  const [moduleName, exportName] = [handler.slice(0, dot), handler.slice(dot + 1)];
  if (dot <= 0 || exportName === '' || handler.includes('..')) {
    throw new RuntimeError('Runtime.MalformedHandlerName', `'${handler}' is not a valid handler name.`);
  }
  const file = ['.mjs', '.js', '.cjs']
    .map((extension) => join(codeDirectory, moduleName + extension))
    .find(existsSync);
  if (file === undefined) {
    throw new RuntimeError('Runtime.ImportModuleError', `Error: Cannot find module '${moduleName}'`);
  }
  const module = await importModule(file);
  const found = module[exportName] ?? defaultExport(module)?.[exportName];
  if (typeof found !== 'function') {
    throw new RuntimeError('Runtime.HandlerNotFound', `${handler} is undefined or not exported`);
  }
  if (found.length >= 3) {
    throw new RuntimeError(
      'Runtime.CallbackHandlerDeprecated',
      'Node.js 24 functions take no callback: use an async handler of (event, context)',
    );
  }
  // The check above leaves a function; what it takes and returns is the bundle's affair, as on AWS.
  return found as Handler;
}

async function importModule(file: string): Promise<Record<string, unknown>> {
  try {
    return await import(pathToFileURL(file).href);
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new RuntimeError('Runtime.UserCodeSyntaxError', String(error), error);
    }
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') {
      throw new RuntimeError('Runtime.ImportModuleError', String(error), error);
    }
    throw error;
  }
}

function defaultExport(module: Record<string, unknown>): Record<string, unknown> | undefined {
  const value = module['default'];
  // Own keys of a CommonJS module's exports, reached through `default`.
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}
