import { execFile } from 'node:child_process';

const UNSHARE = ['--user', '--map-root-user', '--net', 'sh', '-c'];
const LOOPBACK_UP = 'ip link set lo up';

/**
 * Whether this machine lets us run a program in a network of its own, where its ports are out of everyone else's reach.
 * Linux does where user namespaces are not restricted (by AppArmor on Ubuntu, by seccomp in most containers) and iproute2 is
 * installed.
 *
 * @param paths that must be readable there: root in such a namespace may not read what belongs to another user
 */
export function hasPrivateNetworks(paths: readonly string[]): Promise<boolean> {
  const script = `${LOOPBACK_UP} && for path do [ -r "$path" ] || exit 1; done`;
  return new Promise((resolve) => {
    execFile('unshare', [...UNSHARE, script, 'parley', ...paths], (error) => resolve(error === null));
  });
}

/** Runs a command in a network of its own that has a loopback interface and nothing else. */
export function inPrivateNetwork(command: readonly string[]): string[] {
  return ['unshare', ...UNSHARE, `${LOOPBACK_UP} && exec "$@"`, 'parley', ...command];
}
