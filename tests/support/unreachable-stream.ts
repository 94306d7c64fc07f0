/** Loaded into the functions before their own code: nothing listens where the stream should be (port 9, "discard"). */
process.env['AWS_ENDPOINT_URL_KINESIS'] = 'http://127.0.0.1:9';
