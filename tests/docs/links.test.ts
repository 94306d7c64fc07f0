import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

const projectRoot = join(import.meta.dirname, '../..');
const pages = [...globSync('*.md', { cwd: projectRoot }), ...globSync('docs/**/*.md', { cwd: projectRoot })];

describe.each(pages)('%s', (page) => {
  test('links only to what is there', () => {
    const text = readFileSync(join(projectRoot, page), 'utf8').replaceAll(/^```.*?^```/gms, '');
    const links = [...text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, target = '']) => target);
    for (const link of links) {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : relative(projectRoot, join(projectRoot, dirname(page), path));
      expect(existsSync(join(projectRoot, target)), `${link}: there is no ${target}`).toBe(true);
      if (anchor !== undefined) expect(anchorsOf(target), `${link}: no such heading`).toContain(anchor);
    }
  });
});

/** Headings as GitHub names them. */
function anchorsOf(page: string): string[] {
  const headings = readFileSync(join(projectRoot, page), 'utf8').matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
