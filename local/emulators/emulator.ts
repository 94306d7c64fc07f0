/** What every emulator of an AWS service gives back once it answers requests. */
export type Emulator = {
  /** Base URL for `AWS_ENDPOINT_URL_<SERVICE>`. */
  endpoint: string;
  /** Ends it and everything it started; what was acknowledged is on disk afterwards. */
  close(): Promise<void>;
};

/** Where the runtime reports what it does; one line a call. */
export type Log = (line: string) => void;
