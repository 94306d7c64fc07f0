/** The deployment under test, and how patient to be with it. */
export type Target = {
  /** Such as `https://chat.example.com`, without `/v1`. */
  url: string;
  /** Such as `wss://chat.example.com/connect`. */
  webSocketUrl: string;
  /** How long to wait for what must come. Generous by default: the first use of a function starts it. */
  deadlineMs: number;
  /**
   * Sockets are opened with the token in a header, and not as a subprotocol, where a requirement is not about just that: for
   * servers that cannot select one.
   */
  tokenInHeader?: boolean;
};

export async function within<T>(awaited: Promise<T>, deadlineMs: number, what: () => string): Promise<T> {
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
