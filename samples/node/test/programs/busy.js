'use strict';
// A program, or a worker, that produces and consumes all the time: busy.js BROKERS HOW, where HOW is how it ends.
const { isMainThread, parentPort } = require('node:worker_threads');

const { Session } = require('../..');

const [brokers, how] = process.argv.slice(2);
const session = new Session({ 'bootstrap.servers': brokers });

async function produce(producer) {
  for (;;) {
    await Promise.all(Array.from({ length: 100 }, (_, k) => producer.send({ topic: 'orders', value: `value ${k}` })));
    await producer.sendBatch('orders', ['a', 'b', 'c']);
  }
}

function end() {
  console.log('busy');
  if (!isMainThread) parentPort.postMessage('busy');
  if (how === 'exit') process.exit(3);
  if (how === 'throw') throw new Error('thrown in the loop');
  if (how === 'unref') session.unref();
  if (how === 'close') session.close().then(() => console.log('closed'));
}

async function consume(consumer) {
  let count = 0;
  for await (const message of consumer) {
    message.commit();
    if (++count === 2000) end();
  }
}

const ignored = (error) => {
  if (error.code !== 'closed') throw error;
};
produce(session.producer()).catch(ignored);
consume(session.consumer({ group: `busy-${Math.random()}`, allPartitions: 'orders' },
  { 'auto.offset.reset': 'earliest', ordering: 'unordered' }));
