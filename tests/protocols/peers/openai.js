// The official client, as it comes: everything that an application would do with the door.
import assert from 'node:assert/strict';
import OpenAI from 'openai';

const [baseURL, apiKey] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${baseURL}/v1`, apiKey: apiKey ?? 'none', maxRetries: 2 });

const models = [];
for await (const model of client.models.list()) models.push(model.id);
assert.deepEqual(models, ['desk']);
assert.equal((await client.models.retrieve('desk')).owned_by, 'door');
await assert.rejects(client.models.retrieve('gpt-4o'), { status: 404, code: 'model_not_found' });

const ask = (content, more = {}) =>
  client.chat.completions.create({ model: 'desk', messages: [{ role: 'user', content }], ...more });

const whole = await ask('when are you open on Sunday', { temperature: 0.3, max_tokens: 100 });
assert.equal(whole.object, 'chat.completion');
assert.match(whole.choices[0].message.content, /closed on Sundays/);
assert.equal(whole.choices[0].finish_reason, 'stop');
assert.equal(typeof whole.usage.total_tokens, 'number');
assert.equal(whole._request_id, whole.id.replace('chatcmpl-', ''));

let text = '';
let usage;
let finish;
const stream = await ask('count the words: one two three', { stream: true, stream_options: { include_usage: true } });
for await (const chunk of stream) {
  text += chunk.choices[0]?.delta.content ?? '';
  finish = chunk.choices[0]?.finish_reason ?? finish;
  usage = chunk.usage ?? usage;
}
assert.equal(text, 'That is 3 words.');
assert.equal(finish, 'stop');
assert.equal(typeof usage.prompt_tokens, 'number');

// The client's own helper, which puts the pieces together.
const helper = client.chat.completions.stream({
  model: 'desk', messages: [{ role: 'user', content: [{ type: 'text', text: 'count the words: a b' }] }] });
assert.equal(await helper.finalContent(), 'That is 2 words.');

// Two turns of one session, by the field and by the header.
for (const [session, say] of [
  ['by-field', (content) => ask(content, { user: 'by-field' })],
  ['by-header', (content) => client.chat.completions.create(
    { model: 'desk', messages: [{ role: 'user', content }] }, { headers: { 'X-Troupe-Session': 'by-header' } })]]) {
  await say('when are you open on Sunday');
  await say('count the words: one');
  const known = await (await fetch(`${baseURL}/v1/sessions/${session}`,
    { headers: apiKey ? { Authorization: `Bearer ${apiKey}` } : {} })).json();
  assert.equal(known.turns.length, 2, JSON.stringify(known));
}

// The same key gives the same task.
const once = { headers: { 'Idempotency-Key': 'k1' } };
const message = { model: 'desk', messages: [{ role: 'user', content: 'count the words: one' }] };
const [first, again] = [await client.chat.completions.create(message, once), await client.chat.completions.create(message, once)];
assert.equal(first.id, again.id);

await assert.rejects(ask('x', { model: 'gpt-4o' }), (e) => e instanceof OpenAI.NotFoundError && e.code === 'model_not_found');
await assert.rejects(ask('x', { n: 2 }), (e) => e instanceof OpenAI.BadRequestError && e.param === 'n');
await assert.rejects(ask('x', { tools: [{ type: 'function', function: { name: 'f', parameters: {} } }] }),
  (e) => e instanceof OpenAI.BadRequestError && e.param === 'tools');
if (apiKey) {
  const stranger = new OpenAI({ baseURL: `${baseURL}/v1`, apiKey: 'wrong', maxRetries: 0 });
  await assert.rejects(stranger.models.list(), (e) => e instanceof OpenAI.AuthenticationError && /API key/.test(e.message));
}
console.log('openai: well');
