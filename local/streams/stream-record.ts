/** A record as it was read from a shard. */
export type StreamRecord = {
  shardId: string;
  sequenceNumber: string;
  partitionKey: string;
  data: Uint8Array;
  /** Epoch milliseconds. */
  arrivedAt: number;
};

export type KinesisEventOrigin = { region: string; streamArn: string; invokeIdentityArn: string };

/** The event that Lambda makes of a batch: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html */
export function kinesisEvent(
  records: readonly StreamRecord[],
  origin: KinesisEventOrigin,
): { Records: object[] } {
  return {
    Records: records.map((record) => ({
      kinesis: {
        kinesisSchemaVersion: '1.0',
        partitionKey: record.partitionKey,
        sequenceNumber: record.sequenceNumber,
        data: Buffer.from(record.data).toString('base64'),
        approximateArrivalTimestamp: record.arrivedAt / 1000,
      },
      eventSource: 'aws:kinesis',
      eventVersion: '1.0',
      eventID: `${record.shardId}:${record.sequenceNumber}`,
      eventName: 'aws:kinesis:record',
      invokeIdentityArn: origin.invokeIdentityArn,
      awsRegion: origin.region,
      eventSourceARN: origin.streamArn,
    })),
  };
}

/** About how many bytes the record takes in the event: base64, and what stands around it. */
export function sizeInEvent(record: StreamRecord): number {
  return Math.ceil(record.data.length / 3) * 4 + record.partitionKey.length + 600;
}
