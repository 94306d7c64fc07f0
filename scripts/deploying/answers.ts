/** Whether what was deployed answers, and is what was deployed. */
import packageJson from '../../package.json' with { type: 'json' };
import type { Addresses } from './outputs.ts';

export async function checkAnswers({ http }: Addresses): Promise<void> {
  const address = `${http.replace(/\/$/, '')}/health`;
  const answer = await fetch(address, { signal: AbortSignal.timeout(20_000) }).catch((cause: unknown) => {
    throw new Error(`Everything is deployed, but ${address} does not answer: ${String(cause)}`, { cause });
  });
  const text = await answer.text();
  if (answer.status !== 200)
    throw new Error(`Everything is deployed, but ${address} answers ${answer.status}: ${text}`);
  const { version } = JSON.parse(text);
  if (version !== packageJson.version) {
    throw new Error(
      `Deployed was version ${packageJson.version}, but ${address} answers as version ${version}`,
    );
  }
}
