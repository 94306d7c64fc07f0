import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { splitLinks } from './links.ts';

const hrefs = (text: string) => splitLinks(text).flatMap(({ href }) => href ?? []);

describe('finds web addresses', () => {
  test.each([
    ['https://example.com', ['https://example.com/']],
    ['See http://example.com/a?b=c#d for more', ['http://example.com/a?b=c#d']],
    ['(https://example.com/a_(b))', ['https://example.com/a_(b)']],
    ['First https://a.example, then https://b.example.', ['https://a.example/', 'https://b.example/']],
    ['https://example.com/(a)]).,})', ['https://example.com/(a)']],
    ['(see [https://example.com/[a]_{b}])!', ['https://example.com/[a]_%7Bb%7D']],
    ['Quoted “https://example.com”', ['https://example.com/']],
    ['HTTPS://EXAMPLE.COM/Path', ['https://example.com/Path']],
  ])('in %s', (text, expected) => expect(hrefs(text)).toEqual(expected));
});

test.each([
  'javascript:alert(1)',
  'data:text/html,x',
  'ftp://example.com',
  'example.com',
  'https://',
  'https://bank.example@evil.example/login',
  'xhttps://example.com',
])('makes no link of %s', (text) => expect(hrefs(text)).toEqual([]));

test('reads an address of 8,000 brackets a few times, and not once for each', () => {
  const address = `https://example.com/(${')]}'.repeat(2_660)}`;
  const scans = vi.spyOn(String.prototype, 'split');
  const parts = splitLinks(address);
  const count = scans.mock.calls.length;
  scans.mockRestore();
  expect(parts[0]?.text).toBe('https://example.com/()');
  expect(parts.map(({ text }) => text).join('')).toBe(address);
  expect(count).toBeLessThanOrEqual(6);
});

test('gives back every text whole, and only web addresses as links', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.webUrl(),
    fc.constantFrom('https://', 'javascript:', '(', ')', ' ', '"', '<a href=', '.'),
  );
  fc.assert(
    fc.property(
      fc.array(piece).map((pieces) => pieces.join('')),
      (text) => {
        const parts = splitLinks(text);
        expect(parts.map((part) => part.text).join('')).toBe(text);
        for (const { href } of parts) if (href !== undefined) expect(href).toMatch(/^https?:\/\/[^@]/);
      },
    ),
  );
});
