/** What a browser shows at `/` until the web client takes its place. */
export function welcomePage(url: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Parley</title>
<body style="font: 1rem/1.5 system-ui; max-width: 40rem; margin: 3rem auto; padding: 0 1rem">
<h1>Parley is running</h1>
<p>HTTP API: <code>${url}/v1</code> (<a href="/v1/health">health</a>)<br>
WebSocket API: <code>${url.replace(/^http/, 'ws')}/connect</code></p>
<p>The console it was started from shows the demo users and a line to open a socket with.
The wire contract is in <code>docs/protocol.md</code>.</p>
</body>
</html>
`;
}
