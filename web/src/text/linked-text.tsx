import { splitLinks } from './links.ts';

/** Text as text; web addresses in it can be followed, and learn nothing of where they were written. */
export function LinkedText({ text }: { text: string }) {
  return (
    <>
      {splitLinks(text).map(({ text: part, href }, index) =>
        href === undefined ? (
          part
        ) : (
          <a key={index} href={href} target="_blank" rel="noopener noreferrer">
            {part}
          </a>
        ),
      )}
    </>
  );
}
