import type { Row } from './rows.ts';

const LINE = 22;
const CHARACTERS_A_LINE = 60;
const REACTIONS = 26;

/** About how high a row will be, until it has been on the screen. A wrong guess only moves the scroll bar's thumb. */
export function estimateHeight(row: Row): number {
  switch (row.kind) {
    case 'start':
      return 64;
    case 'day':
    case 'new':
      return 48;
    default: {
      const text = row.kind === 'message' ? row.message.content : row.outgoing.content;
      const lines = text
        .split('\n')
        .reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / CHARACTERS_A_LINE)), 0);
      const reactions = row.kind === 'message' && row.message.reactions ? REACTIONS : 0;
      return lines * LINE + reactions + (row.place.isFirst ? 44 : 20);
    }
  }
}
