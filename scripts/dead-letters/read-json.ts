/** `undefined` where `text` is no JSON, which no schema takes either. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
