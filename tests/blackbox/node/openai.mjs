// One conversation of the official OpenAI client with the proxy; prints its outcome as JSON.
//   node openai.mjs stream|whole|abort|error BASE_URL
import OpenAI from 'openai';

const [what, baseURL] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey: 'sk-test', maxRetries: 0, timeout: 60_000 });
const question = { model: 'demo-model', messages: [{ role: 'user', content: 'Hello' }] };

const conversations = {
  async stream() {
    let text = '';
    for await (const chunk of await client.chat.completions.create({ ...question, stream: true })) {
      text += chunk.choices[0]?.delta?.content ?? '';
    }
    return { text };
  },
  async whole() {
    const answer = await client.chat.completions.create(question);
    return { text: answer.choices[0].message.content, tokens: answer.usage.completion_tokens };
  },
  async abort() {
    const stream = await client.chat.completions.create({ ...question, stream: true });
    for await (const chunk of stream) {
      if (chunk.choices[0].delta.content === 'first') stream.controller.abort();
    }
    return { aborted: stream.controller.signal.aborted };
  },
  async error() {
    try {
      await client.chat.completions.create({ ...question, model: 'nobody-serves-this' });
      return { status: 200 };
    } catch (error) {
      return { status: error.status, code: error.code };
    }
  },
};

console.log(JSON.stringify(await conversations[what]()));
