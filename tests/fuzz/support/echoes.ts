/** Shorter text is in a sentence by chance. */
const shortestEcho = 9;

/**
 * The names by which a client may be told which field is meant: those that read as one. More of what was sent must not come
 * back, since an error ends up in logs and on screens that were not meant to show it.
 */
const fieldName = /^[\w.-]{1,64}$/;

/** Text of a request that its error repeats. `known` is the request that it was made of, whose words errors may use. */
export function echoed(sent: string, error: string, known: string): string | undefined {
  return wordsOf(sent).find((word) => !known.includes(word) && !fieldName.test(word) && error.includes(word));
}

/** Every name and text in what may be JSON; else the whole of it in pieces. */
function wordsOf(text: string): string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return (text.match(/[^\s{}[\]":,]{12,24}/gu) ?? []).slice(0, 200);
  }
  const words: string[] = [];
  const left = [value];
  while (left.length > 0) {
    const next = left.pop();
    if (typeof next === 'string' && next.length >= shortestEcho) words.push(next);
    if (typeof next !== 'object' || next === null) continue;
    for (const [name, field] of Object.entries(next)) {
      if (name.length >= shortestEcho) words.push(name);
      left.push(field);
    }
  }
  return words;
}
