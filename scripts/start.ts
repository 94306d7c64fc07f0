/** `npm start`: builds the Lambda bundles and the web client, synthesizes the CDK app and runs it on this machine. See docs/local.md. */
import { main } from '../local/main.ts';
import { buildConsole } from './build-console.ts';
import { buildWeb } from './build-web.ts';
import { synth } from './synth.ts';

await main(() => synth('local'), buildWeb, buildConsole);
