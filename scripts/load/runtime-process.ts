/** What scripts/load/embedded-parley.ts starts. */
import { startChildRuntime } from './child-runtime.ts';

export type RuntimeReport = { url: string; webSocketUrl: string };

const runtime = await startChildRuntime();
process.on('message', async () => {
  await runtime.close();
  process.exit();
});
process.send?.({ url: runtime.url, webSocketUrl: runtime.webSocketUrl } satisfies RuntimeReport);
