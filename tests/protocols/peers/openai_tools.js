// The official client's helper that runs tools by itself.
import assert from 'node:assert/strict';
import OpenAI from 'openai';

const [baseURL, apiKey] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${baseURL}/v1`, apiKey: apiKey ?? 'none' });

let zone;
const runner = client.chat.completions.runTools({
  model: 'office',
  messages: [{ role: 'user', content: 'what time is it' }],
  tools: [{
    type: 'function',
    function: {
      name: 'now',
      description: 'The time of a zone',
      parameters: { type: 'object', properties: { zone: { type: 'string' } } },
      parse: JSON.parse,
      function: (args) => { zone = args.zone; return 'half past nine'; },
    },
  }],
});
assert.equal(await runner.finalContent(), 'It is half past nine.');
assert.equal(zone, 'UTC');
