// The client of @a2a-js/sdk, as it comes, over both of its bindings.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { ClientFactory, ClientFactoryOptions, JsonRpcTransportFactory, RestTransportFactory } from '@a2a-js/sdk/client';
import { Role, TaskState } from '@a2a-js/sdk';

const [baseURL, apiKey] = process.argv.slice(2);
const fetchImpl = (url, init = {}) =>
  fetch(url, { ...init, headers: { ...init.headers, ...(apiKey ? { Authorization: `Bearer ${apiKey}` } : {}) } });

const say = (text, more = {}) => ({
  tenant: '',
  message: {
    messageId: randomUUID(), contextId: '', taskId: '', role: Role.ROLE_USER, metadata: undefined, extensions: [],
    referenceTaskIds: [], parts: [{ content: { $case: 'text', value: text }, metadata: undefined, filename: '', mediaType: '' }],
    ...more },
  configuration: undefined,
  metadata: undefined });
const textOf = (task) => task.artifacts[0].parts[0].content.value;

for (const [name, Transport] of [['JSONRPC', JsonRpcTransportFactory], ['HTTP+JSON', RestTransportFactory]]) {
  const factory = new ClientFactory(ClientFactoryOptions.createFrom(ClientFactoryOptions.default, {
    transports: [new Transport({ fetchImpl })], preferredTransports: [name] }));
  const client = await factory.createFromUrl(baseURL);
  const card = await client.getAgentCard();
  assert.equal(card.name, 'door');
  assert.equal(client.transport.protocolName, name);
  assert.ok(card.skills.some((x) => x.id === 'desk'), JSON.stringify(card.skills));

  const done = await client.sendMessage(say('count the words: one two three'));
  assert.equal(done.status.state, TaskState.TASK_STATE_COMPLETED);
  assert.equal(textOf(done), 'That is 3 words.');
  assert.ok(done.contextId);

  // The conversation goes on where it was.
  const next = await client.sendMessage(say('when are you open on Sunday', { contextId: done.contextId }));
  assert.equal(next.contextId, done.contextId);
  const listed = await client.listTasks({ tenant: '', contextId: done.contextId, status: 0, pageToken: '', pageSize: 10 });
  assert.deepEqual(listed.tasks.map((x) => x.id).sort(), [done.id, next.id].sort());

  // A skill by its name in the card.
  const counted = await client.sendMessage(say('a b c d', { metadata: { skill: 'desk/words.count' } }));
  assert.equal(textOf(counted), 'That is 4 words.');

  const events = [];
  for await (const event of client.sendMessageStream(say('count the words: one two'))) events.push(event.payload);
  assert.equal(events[0].$case, 'task');
  assert.equal(events.at(-1).$case, 'statusUpdate');
  assert.equal(events.at(-1).value.status.state, TaskState.TASK_STATE_COMPLETED);
  assert.equal(events.find((x) => x.$case === 'artifactUpdate').value.artifact.parts[0].content.value, 'That is 2 words.');

  const again = await client.getTask({ tenant: '', id: done.id, historyLength: 10 });
  assert.equal(textOf(again), 'That is 3 words.');
  assert.equal(again.history.length, 1);
  await assert.rejects(client.getTask({ tenant: '', id: 'nope' }), (e) => e.name === 'TaskNotFoundError');
  await assert.rejects(client.cancelTask({ tenant: '', id: done.id }), (e) => e.name === 'TaskNotCancelableError');

  // One that waits for a person: followed, and cancelled.
  const asked = await client.sendMessage({ ...say('please let me speak to a human'),
    configuration: { acceptedOutputModes: [], taskPushNotificationConfig: undefined, returnImmediately: true } });
  assert.ok([TaskState.TASK_STATE_SUBMITTED, TaskState.TASK_STATE_WORKING].includes(asked.status.state));
  const followed = (async () => {
    const seen = [];
    for await (const event of client.resubscribeTask({ tenant: '', id: asked.id })) seen.push(event.payload);
    return seen;
  })();
  await new Promise((go) => setTimeout(go, 300));
  const cancelled = await client.cancelTask({ tenant: '', id: asked.id, metadata: undefined });
  assert.equal(cancelled.status.state, TaskState.TASK_STATE_CANCELED);
  assert.equal((await followed).at(-1).value.status.state, TaskState.TASK_STATE_CANCELED);
  await assert.rejects((async () => { for await (const _ of client.resubscribeTask({ tenant: '', id: asked.id })); })());
}
console.log('a2a client: well');
