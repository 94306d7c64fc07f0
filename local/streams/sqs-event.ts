import type { Message, MessageAttributeValue } from '@aws-sdk/client-sqs';

/** The event that Lambda makes of a batch of messages: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
export function sqsEvent(
  messages: readonly Message[],
  origin: { region: string; queueArn: string },
): { Records: object[] } {
  return {
    Records: messages.map((message) => ({
      messageId: message.MessageId,
      receiptHandle: message.ReceiptHandle,
      body: message.Body,
      attributes: message.Attributes ?? {},
      messageAttributes: Object.fromEntries(
        Object.entries(message.MessageAttributes ?? {}).map(([name, value]) => [
          name,
          messageAttribute(value),
        ]),
      ),
      md5OfBody: message.MD5OfBody,
      ...(message.MD5OfMessageAttributes !== undefined && {
        md5OfMessageAttributes: message.MD5OfMessageAttributes,
      }),
      eventSource: 'aws:sqs',
      eventSourceARN: origin.queueArn,
      awsRegion: origin.region,
    })),
  };
}

function messageAttribute(value: MessageAttributeValue): object {
  return {
    ...(value.StringValue !== undefined && { stringValue: value.StringValue }),
    ...(value.BinaryValue !== undefined && {
      binaryValue: Buffer.from(value.BinaryValue).toString('base64'),
    }),
    stringListValues: [],
    binaryListValues: [],
    dataType: value.DataType,
  };
}
