import type { ParleyErrorCode } from './errors.ts';

/** A message that is not known to be stored yet. Plain data, as JSON can hold it. */
export interface OutboxRecord {
  messageId: string;
  conversationId: string;
  /** Several users may have used one device. */
  senderId: string;
  content: string;
  replyTo?: number | undefined;
  /** By this device's clock, in milliseconds since 1970. */
  queuedAt: number;
  /** The lower one goes first within a conversation. */
  order: number;
  state: 'queued' | 'sent' | 'failed';
  error?: { code: ParleyErrorCode; message: string } | undefined;
}

/** Keeps the outbox over reloads and crashes. What has been resolved must survive them. */
export interface OutboxStorage {
  /**
   * Storages of one name, in several tabs of one browser, hold the same records; the tabs then agree on who sends.
   * Undefined where nobody else has these records.
   */
  readonly name?: string | undefined;
  all(): Promise<OutboxRecord[]>;
  /** Adds the record, or replaces the one with its `messageId`. */
  put(record: OutboxRecord): Promise<void>;
  delete(messageId: string): Promise<void>;
  /** The client is closed. Another use after that opens the storage again. */
  close?(): Promise<void>;
}

/** An outbox that ends with the process. */
export function memoryStorage(): OutboxStorage {
  const records = new Map<string, OutboxRecord>();
  return {
    all: async () => [...records.values()].map((record) => ({ ...record })),
    put: async (record) => {
      records.set(record.messageId, { ...record });
    },
    delete: async (messageId) => {
      records.delete(messageId);
    },
  };
}
