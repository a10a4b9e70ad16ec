// LangChain's model, as a chain would use it.
import assert from 'node:assert/strict';
import { HumanMessage, SystemMessage } from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';

const [baseURL, apiKey] = process.argv.slice(2);
const model = new ChatOpenAI({
  model: 'desk', apiKey: apiKey ?? 'none', maxRetries: 0, temperature: 0, configuration: { baseURL: `${baseURL}/v1` } });

const answer = await model.invoke([new SystemMessage('be kind'), new HumanMessage('when are you open on Sunday')]);
assert.match(answer.content, /closed on Sundays/);
assert.equal(answer.response_metadata.finish_reason, 'stop');
// Rules use no tokens, and LangChain takes a count of zero for none at all.
assert.equal(answer.usage_metadata.total_tokens ?? 0, 0);

let text = '';
for await (const piece of await model.stream('count the words: one two three')) text += piece.content;
assert.equal(text, 'That is 3 words.');

const answers = await model.batch(['count the words: a', 'count the words: a b', 'count the words: a b c']);
assert.deepEqual(answers.map((x) => x.content), ['That is 1 word.', 'That is 2 words.', 'That is 3 words.']);
console.log('langchain: well');
