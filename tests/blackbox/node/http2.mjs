// One conversation of Node's own HTTP/2 client with the proxy; prints its outcome as JSON.
//   node http2.mjs streams|cancel|upload URL
// CA_FILE in the environment: what it trusts, for https.
import { readFileSync } from 'node:fs';
import http2 from 'node:http2';

const [what, url] = process.argv.slice(2);
const session = http2.connect(url, { ca: process.env.CA_FILE && readFileSync(process.env.CA_FILE) });
session.on('error', (error) => { console.error(error); process.exit(1); });

function ask(body, onData = () => {}) {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':method': 'POST', ':path': '/v1/chat/completions', 'content-type': 'application/json',
    });
    let status = 0;
    let text = '';
    stream.setEncoding('utf8');
    stream.on('response', (headers) => { status = headers[':status']; });
    stream.on('data', (data) => { text += data; onData(stream); });
    stream.on('error', reject);
    stream.on('close', () => resolve({ status, text, code: stream.rstCode }));
    stream.end(body);
  });
}

const question = JSON.stringify({ model: 'demo-model', messages: [], stream: true });
const conversations = {
  // Ten streams at once.
  streams: () => Promise.all(Array.from({ length: 10 }, () => ask(question))),
  cancel: () => ask(question, (stream) => stream.close(http2.constants.NGHTTP2_CANCEL)),
  upload: () => ask(JSON.stringify({ model: 'demo-model', messages: ['x'.repeat(3 << 20)] })),
};

const outcome = await conversations[what]();
session.close();
console.log(JSON.stringify(outcome));
