// The client of @modelcontextprotocol/sdk against the door: the fleet's skills as tools.
import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const [baseURL, apiKey] = process.argv.slice(2);
const transport = new StreamableHTTPClientTransport(new URL(`${baseURL}/mcp`), {
  requestInit: { headers: apiKey ? { Authorization: `Bearer ${apiKey}` } : {} } });
const client = new Client({ name: 'peer', version: '1' });
await client.connect(transport);
assert.equal(client.getServerVersion().name, 'door');
await client.ping();

const { tools } = await client.listTools();
assert.deepEqual(tools.map((x) => x.name).sort(), ['desk', 'desk__hours_tell', 'desk__words_count']);

const count = await client.callTool({ name: 'desk__words_count', arguments: { text: 'one two three' } });
assert.deepEqual(count.content, [{ type: 'text', text: 'That is 3 words.' }]);
assert.equal(count.structuredContent.words, 3);
assert.ok(!count.isError);

let steps = 0;
const asked = await client.callTool({ name: 'desk', arguments: { text: 'when are you open on Sunday', session: 'mcp' } },
  undefined, { onprogress: () => { steps += 1; } });
assert.match(asked.content[0].text, /closed on Sundays/);
assert.ok(steps > 0);

await assert.rejects(client.callTool({ name: 'nothing', arguments: {} }), (e) => e.code === -32602);
await assert.rejects(client.callTool({ name: 'desk', arguments: {} }), (e) => e.code === -32602);

// One that waits for a person is given up, and its task is cancelled.
const stop = new AbortController();
const waiting = client.callTool({ name: 'desk', arguments: { text: 'please let me speak to a human', session: 'gone' } },
  undefined, { signal: stop.signal });
waiting.catch(() => {});
const headers = apiKey ? { Authorization: `Bearer ${apiKey}` } : {};
const tasks = async () => (await (await fetch(`${baseURL}/v1/tasks?session=gone`, { headers })).json()).tasks;
for (;;) {
  const [task] = await tasks();
  if (task?.status.state === 'input_required') break;
  await new Promise((go) => setTimeout(go, 50));
}
stop.abort('enough');
await assert.rejects(waiting);
for (;;) {
  const [task] = await tasks();
  if (task.status.state === 'canceled') break;
  await new Promise((go) => setTimeout(go, 50));
}
await client.close();
console.log('mcp client: well');
