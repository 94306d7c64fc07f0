/**
 * How long a test waits for something that should come at once. Generous: the first use of a function starts its
 * environment, and test files share two cores.
 */
export const deadlineMs = 15_000;

/** `awaited`, or an error that says what did not come. */
export async function within<T>(awaited: Promise<T>, what: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Not within ${deadlineMs} ms: ${what()}`)), deadlineMs);
  });
  try {
    return await Promise.race([awaited, late]);
  } finally {
    clearTimeout(timer);
  }
}
