// One conversation of the official Anthropic client with the proxy; prints its outcome as JSON.
//   node anthropic.mjs stream|error BASE_URL
import Anthropic from '@anthropic-ai/sdk';

const [what, baseURL] = process.argv.slice(2);
const client = new Anthropic({ baseURL, apiKey: 'sk-test', maxRetries: 0, timeout: 60_000 });
const question = {
  model: 'demo-model', max_tokens: 16, messages: [{ role: 'user', content: 'Hello' }],
};

const conversations = {
  async stream() {
    let text = '';
    for await (const event of client.messages.stream(question)) {
      if (event.type === 'content_block_delta') text += event.delta.text;
    }
    return { text };
  },
  async error() {
    try {
      await client.messages.create({ ...question, model: 'nobody-serves-this' });
      return { status: 200 };
    } catch (error) {
      return { status: error.status, type: error.error?.error?.type };
    }
  },
};

console.log(JSON.stringify(await conversations[what]()));
