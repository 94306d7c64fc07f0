import { measureBundles } from './bundles.ts';
import { ChatLoad } from './chat-load.ts';
import { findHighestRate } from './highest-rate.ts';
import { callRows, heading, latencyHeader, latencyRow, table } from './markdown.ts';
import type { ParleyProcess } from './parley-process.ts';

const pairs = 10;
const steady = { perSecond: 20, seconds: 30 };
const ramp = { from: 40, step: 20, seconds: 10, p99LimitMs: 500 };

/** What a message costs and how long it takes in conversations of two, and what each function weighs. */
export async function benchDirectChat(parley: ParleyProcess): Promise<void> {
  const load = await ChatLoad.connect(parley.first, pairs);
  try {
    // Cold starts belong to no steady state.
    await load.run(steady.perSecond, 5);
    const before = await parley.report();
    const result = await load.run(steady.perSecond, steady.seconds);
    const after = await parley.report();
    heading(
      `Send → push, ${steady.perSecond} messages/s over ${pairs} direct conversations for ${steady.seconds} s`,
    );
    table(latencyHeader, [latencyRow(result)]);

    heading('AWS calls per message');
    table(['function', 'calls per message', 'of these'], callRows(before, after, result.sent));

    heading(`Highest rate with p99 below ${ramp.p99LimitMs} ms (steps of ${ramp.seconds} s)`);
    const { rows } = await findHighestRate(load, ramp);
    table(['messages/s', ...latencyHeader], rows);

    heading('Memory of the runtime, its functions included');
    table(
      ['when', 'resident MB'],
      [
        ['started', before.residentMegabytes.toFixed(0)],
        ['after the load', (await parley.report()).residentMegabytes.toFixed(0)],
      ],
    );

    heading('Bundles');
    table(
      ['function', 'gzipped KB', 'cold import ms'],
      (await measureBundles(parley.first.environment)).map(({ name, gzippedBytes, importMs }) => [
        name,
        (gzippedBytes / 1024).toFixed(0),
        importMs.toFixed(0),
      ]),
    );
  } finally {
    load.close();
  }
}
