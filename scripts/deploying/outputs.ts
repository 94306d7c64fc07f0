/** Where a deployed stage is reached. */
import { readFileSync } from 'node:fs';

export type Addresses = {
  /** Without a slash at its end; paths begin with `/v1`, which is part of it. */
  http: string;
  webSocket: string;
  web?: string;
};

/** From the file that `cdk deploy --outputs-file` writes: `{"ParleyService-dev": {"HttpUrl": "https://…"}}`. */
export function addressesIn(outputsFile: string, stage: string): Addresses {
  const outputs: Record<string, Record<string, string>> = JSON.parse(readFileSync(outputsFile, 'utf8'));
  const of = (stack: string, output: string) => outputs[`${stack}-${stage}`]?.[output];
  const http = of('ParleyService', 'HttpUrl');
  const webSocket = of('ParleyService', 'WebSocketUrl');
  const web = of('ParleyWeb', 'WebUrl');
  if (http === undefined || webSocket === undefined)
    throw new Error(`The stack ParleyService-${stage} has told no addresses`);
  return { http, webSocket, ...(web !== undefined && { web }) };
}

export function describeAddresses({ http, webSocket, web }: Addresses): string {
  const lines = [`  HTTP API       ${http}`, `  WebSocket API  ${webSocket}`];
  if (web !== undefined) lines.unshift(`  Web client     ${web}`);
  return lines.join('\n');
}
