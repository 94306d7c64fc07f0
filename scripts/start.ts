/** `npm start`: builds the Lambda bundles, synthesizes the CDK app and runs it on this machine. See docs/local.md. */
import { main } from '../local/main.ts';
import { synth } from './synth.ts';

await main(() => synth('local'));
