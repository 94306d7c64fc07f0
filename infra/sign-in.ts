/** What sign-in takes of the account's concurrency: the functions of one account share it. */
import type { StageSettings } from './config.ts';
import { httpRoutes } from './routes.ts';

/** scrypt fills a whole vCPU for some 0.4 s on a laptop, and is assumed to take 0.5 s on Lambda; it was not measured there. */
const hashSeconds = 0.5;
/** A change of a password checks the old one and hashes the new one; all other routes of the kind hash one. */
const hashesOf = (path: string) => (path.endsWith('/password') ? 2 : 1);

/** How many environments of `http-users` a flood of sign-ins holds for long: by Little's law, its rate times its duration. */
export function signInEnvironments({ throttle }: Pick<StageSettings, 'throttle'>): number {
  const hashes = httpRoutes
    .filter((route) => route.throttle === 'signIn')
    .reduce((sum, { path, methods }) => sum + methods.length * hashesOf(path), 0);
  return Math.ceil(throttle.signIn.ratePerSecond * hashes * hashSeconds);
}
