'use strict';
// Ends in the middle of work from one place: places.js BROKERS HOW PLACE. HOW is `exit`, or `throw`, an exception that
// nothing catches. PLACE is where.
const { isMainThread, parentPort } = require('node:worker_threads');

const { Session } = require('../..');

const [brokers, how, place] = process.argv.slice(2);
let ended = false;

function at(where) {
  if (where !== place || ended) return;
  ended = true;
  console.log(`at ${where}`);
  if (how === 'throw') throw new Error(`thrown at ${where}`);
  process.exit(5);
}

const session = new Session({ 'bootstrap.servers': brokers, 'reconnect.backoff.max.ms': 100 });
session.setLogLevel('debug');
session.on('log', () => at('log'));
session.on('event', ({ type }) => {
  at('event');
  if (type === 'connectFailed') at('dead');
});
const producer = session.producer();
const member = session.consumer({
  group: `places-${Math.random()}`,
  topics: ['orders'],
  onAssigned: () => at('onAssigned'),
  onRevoked: () => at('onRevoked'),
  onPartitionEnd: () => at('onPartitionEnd'),
}, { 'auto.offset.reset': 'earliest', ordering: 'partition' });

async function work() {
  const sent = Array.from({ length: 200 }, (_, k) => producer.send({ topic: 'orders', value: `value ${k}` }));
  if (place === 'send') at('send'); // nothing of it has left
  sent[0].then(() => at('outcome'));
  await Promise.all(sent);
  let count = 0;
  for await (const message of member) {
    const stored = message.commit();
    if (++count === 10) stored.then(() => at('commit'));
    if (count === 50) {
      if (place === 'closing') session.close();
      at('closing');
      console.log('busy');
      if (!isMainThread) parentPort.postMessage('busy');
      if (place === 'onRevoked') member.close();
      for (;;) await producer.send({ topic: 'orders', value: 'one more' });
    }
  }
}
work();
