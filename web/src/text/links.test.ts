import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitLinks } from './links.ts';

const hrefs = (text: string) => splitLinks(text).flatMap(({ href }) => href ?? []);

describe('finds web addresses', () => {
  test.each([
    ['https://example.com', ['https://example.com/']],
    ['See http://example.com/a?b=c#d for more', ['http://example.com/a?b=c#d']],
    ['(https://example.com/a_(b))', ['https://example.com/a_(b)']],
    ['First https://a.example, then https://b.example.', ['https://a.example/', 'https://b.example/']],
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
