import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs';

/**
 * Replaces a file so that a crash at any point leaves the old content or the new one, never a part, and readable by its
 * owner alone. The rename is the commit; the flush before it keeps a power cut from renaming an empty file into place
 * (a killed process does not need it: what it has written is with the operating system).
 */
export function writeFileAtomically(
  path: string,
  content: string,
  options: { flush: boolean } = { flush: true },
): void {
  const draft = `${path}.draft`;
  const file = openSync(draft, 'w', 0o600);
  try {
    writeFileSync(file, content);
    if (options.flush) fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
}
