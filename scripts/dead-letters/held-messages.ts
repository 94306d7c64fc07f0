import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';

/** SQS gives out and takes back 10 messages a call. */
const perCall = 10;

export type Looking = {
  /** How long messages that are looked at stay hidden from others if they are never given back. */
  hideSeconds: number;
  /**
   * Only a call that waits asks all servers that may hold a message; an emulator is one server
   * (docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html).
   */
  waitSeconds: 0 | 1;
};

/**
 * Looking into a queue. SQS shows a message only by giving it out, which hides it from others until it is given back: so
 * whatever was looked at is held, and given back at the end. Dies the program before, the time-out gives it back. That
 * this raises the receive counts does no harm: the queues of dead letters have no redrive policy of their own.
 */
export class HeldMessages {
  readonly #client: SQSClient;
  readonly #url: string;
  readonly #looking: Looking;
  /** Receipt handles by message id. */
  readonly #held = new Map<string, string>();

  constructor(client: SQSClient, url: string, looking: Looking) {
    this.#client = client;
    this.#url = url;
    this.#looking = looking;
  }

  /** Messages that nobody holds, up to `limit`. Of a FIFO queue, ten of each message group at most. */
  async receive(limit: number): Promise<Message[]> {
    const messages: Message[] = [];
    while (messages.length < limit) {
      const { Messages = [] } = await this.#client.send(
        new ReceiveMessageCommand({
          QueueUrl: this.#url,
          MaxNumberOfMessages: Math.min(perCall, limit - messages.length),
          VisibilityTimeout: this.#looking.hideSeconds,
          WaitTimeSeconds: this.#looking.waitSeconds,
          MessageSystemAttributeNames: ['SentTimestamp', 'MessageGroupId'],
        }),
      );
      if (Messages.length === 0) break;
      for (const message of Messages) {
        const { MessageId = '', ReceiptHandle = '' } = message;
        // A standard queue may give one out twice. The newer handle is the one that counts.
        if (!this.#held.has(MessageId)) messages.push(message);
        this.#held.set(MessageId, ReceiptHandle);
      }
    }
    return messages;
  }

  async delete(messageId: string): Promise<void> {
    await this.#client.send(
      new DeleteMessageCommand({ QueueUrl: this.#url, ReceiptHandle: this.#held.get(messageId) }),
    );
    this.#held.delete(messageId);
  }

  /** Gives back what is held. What cannot be given back comes back by itself. */
  async release(): Promise<void> {
    const handles = [...this.#held.values()];
    this.#held.clear();
    for (let start = 0; start < handles.length; start += perCall) {
      await this.#client.send(
        new ChangeMessageVisibilityBatchCommand({
          QueueUrl: this.#url,
          Entries: handles.slice(start, start + perCall).map((ReceiptHandle, index) => ({
            Id: String(index),
            ReceiptHandle,
            VisibilityTimeout: 0,
          })),
        }),
      );
    }
  }

  /** SQS counts approximately. */
  async count(): Promise<number> {
    const { Attributes = {} } = await this.#client.send(
      new GetQueueAttributesCommand({
        QueueUrl: this.#url,
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
    );
    const { ApproximateNumberOfMessages = 0, ApproximateNumberOfMessagesNotVisible = 0 } = Attributes;
    return Number(ApproximateNumberOfMessages) + Number(ApproximateNumberOfMessagesNotVisible);
  }
}

export function sentAt({ Attributes }: Message): Date | undefined {
  const sent = Attributes?.SentTimestamp;
  return sent === undefined ? undefined : new Date(Number(sent));
}
