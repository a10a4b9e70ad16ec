// An agent on the server of @a2a-js/sdk, over both of its bindings: answers at once, after a while, or fails. Prints its URL.
import { TaskState, Role } from '@a2a-js/sdk';
import { AgentEvent, DefaultRequestHandler, InMemoryTaskStore } from '@a2a-js/sdk/server';
import { UserBuilder, agentCardHandler, jsonRpcHandler, restHandler } from '@a2a-js/sdk/server/express';
import express from 'express';

const app = express();
const listening = app.listen(0, '127.0.0.1');
await new Promise((ready) => listening.once('listening', ready));
const url = `http://127.0.0.1:${listening.address().port}`;

const text = (value) => ({ content: { $case: 'text', value }, metadata: undefined, filename: '', mediaType: 'text/plain' });
const said = (context, value) => ({
  messageId: `${context.taskId}/said`, contextId: context.contextId, taskId: context.taskId, role: Role.ROLE_AGENT,
  parts: [text(value)], metadata: undefined, extensions: [], referenceTaskIds: [] });

const executor = {
  async execute(context, bus) {
    const asked = context.userMessage.parts[0].content.value;
    const { taskId, contextId } = context;
    const status = (state, message) => ({ state, message, timestamp: new Date().toISOString() });
    if (asked === 'hello') {
      bus.publish(AgentEvent.message(said(context, `you said: ${asked}`)));
      return bus.finished();
    }
    bus.publish(AgentEvent.task({
      id: taskId, contextId, status: status(TaskState.TASK_STATE_WORKING), artifacts: [], history: [context.userMessage],
      metadata: undefined }));
    await new Promise((go) => setTimeout(go, 500));
    if (asked !== 'fail')
      bus.publish(AgentEvent.artifactUpdate({
        taskId, contextId, append: false, lastChunk: true, metadata: undefined, artifact: {
          artifactId: 'a', name: 'answer', description: '', parts: [text(`you said: ${asked}`)], metadata: undefined,
          extensions: [] } }));
    bus.publish(AgentEvent.statusUpdate({
      taskId, contextId, metadata: undefined, status: asked === 'fail'
        ? status(TaskState.TASK_STATE_FAILED, said(context, 'it broke')) : status(TaskState.TASK_STATE_COMPLETED) }));
    bus.finished();
  },
  async cancelTask() {} };

const binding = process.argv[2] ?? 'JSONRPC';
const card = {
  name: 'echo', description: 'Says it again.', version: '1', provider: undefined, documentationUrl: '', iconUrl: '',
  supportedInterfaces: [{
    url: `${url}/${binding === 'JSONRPC' ? 'rpc' : 'rest'}`, protocolBinding: binding, protocolVersion: '1.0', tenant: '' }],
  capabilities: { streaming: true, pushNotifications: false, extensions: [], extendedAgentCard: false },
  securitySchemes: {}, securityRequirements: [], defaultInputModes: ['text/plain'], defaultOutputModes: ['text/plain'],
  skills: [{ id: 'echo', name: 'echo', description: 'Says it again.', tags: [], examples: [], inputModes: [],
    outputModes: [], securityRequirements: [] }],
  signatures: [] };
const handler = new DefaultRequestHandler(card, new InMemoryTaskStore(), executor);
const userBuilder = UserBuilder.noAuthentication;
app.use('/.well-known/agent-card.json', agentCardHandler({ agentCardProvider: handler }));
app.use('/rpc', jsonRpcHandler({ requestHandler: handler, userBuilder }));
app.use('/rest', restHandler({ requestHandler: handler, userBuilder }));
console.log(url);
