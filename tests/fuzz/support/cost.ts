/**
 * What reading an input costs, against an equally long one of plain ASCII.
 *
 * It is measured in CPU time of this thread, in which waiting for a core does not count, and as the least of several
 * tries, since whatever disturbs a measurement adds to it. What is looked for is not a slow constant but another order:
 * a quadratic step over 32 KiB costs some hundred times as much as a linear one.
 */

/** Less than this is not looked at more closely: on some systems that clock is no finer than some milliseconds. */
const unremarkableMs = 20;
/** Of what the ASCII one costs. */
const mostTimes = 30;
const tries = 3;

export function cpuMs(work: () => void): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

/** Throws where `work` costs too much on `text`. */
export function expectLinear(
  work: (text: string) => void,
  text: string,
  plain: (bytes: number) => string,
): void {
  if (cpuMs(() => work(text)) <= unremarkableMs) return;
  const twin = plain(Buffer.byteLength(text));
  const cost = leastMs(() => work(text));
  const allowed = unremarkableMs + mostTimes * leastMs(() => work(twin));
  if (cost > allowed) {
    throw new Error(
      `${Buffer.byteLength(text)} bytes cost ${cost.toFixed(1)} ms of CPU; ${allowed.toFixed(1)} ms are allowed, by what as much ASCII costs`,
    );
  }
}

function leastMs(work: () => void): number {
  return Math.min(...Array.from({ length: tries }, () => cpuMs(work)));
}
