'use strict';
// Sends and reads messages over TLS, while an https server and its clients in the same thread are busy.
const fs = require('node:fs');
const https = require('node:https');
const { isMainThread, parentPort, workerData } = require('node:worker_threads');

const { Session } = require('../..');

const MESSAGES = 3000;

function request(port, ca) {
  return new Promise((resolve, reject) => {
    // Without an agent each has a connection, and a handshake, of its own.
    https.get({ host: '127.0.0.1', port, ca, agent: false }, (answer) => {
      answer.resume();
      answer.on('end', resolve);
    }).on('error', reject);
  });
}

async function run({ address, certificates, partition }) {
  const { ca, cert, key } = certificates;
  const server = https.createServer({ cert: fs.readFileSync(cert), key: fs.readFileSync(key) },
    (asked, answer) => answer.end('x'.repeat(10000)));
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  let busy = true;
  let requests = 0;
  const load = Array.from({ length: 4 }, async () => {
    while (busy || requests < 10) {
      await request(server.address().port, fs.readFileSync(ca));
      ++requests;
    }
  });

  const session = new Session({ 'bootstrap.servers': address, 'security.protocol': 'ssl', 'ssl.ca.location': ca });
  const producer = session.producer();
  const sent = Array.from({ length: MESSAGES },
    (_, k) => producer.send({ topic: 'orders', value: String(k).padEnd(200), partition }));
  let messages = 0;
  const reader = session.consumer({ partitions: { topic: 'orders', partition, offset: 'earliest' } },
    { ordering: 'unordered' });
  for await (const message of reader) {
    if (message.text !== String(messages).padEnd(200)) throw new Error(`message ${messages} is ${message.text}`);
    message.ack();
    if (++messages === MESSAGES) break;
  }
  await Promise.all(sent);
  busy = false;
  await Promise.all(load);
  await session.close();
  server.close();
  return { messages, requests };
}

module.exports = { run };
if (!isMainThread) run(workerData).then((done) => parentPort.postMessage(done));
