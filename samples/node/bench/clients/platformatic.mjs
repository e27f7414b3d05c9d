// The benchmark's work with @platformatic/kafka. It gives messages one by one; it has no batches.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

import { AT_A_TIME, BATCH, VALUE, given, latencies, measure, overlap, windows } from '../work.mjs';

const found = createRequire(`${process.env.BENCH_PEERS}/`).resolve('@platformatic/kafka');
const { Consumer, MessagesStreamModes, Producer } = await import(pathToFileURL(found));
const { work, brokers, topic, count } = given();
const value = Buffer.from(VALUE);

async function producer() {
  const made = new Producer({ clientId: 'bench', bootstrapBrokers: brokers.split(',') });
  await made.send({ messages: [{ topic, value }] });
  return made;
}
async function consume(run) {
  const from = new Consumer({
    clientId: 'bench',
    groupId: `bench-${process.pid}-${Date.now()}`,
    bootstrapBrokers: brokers.split(','),
  });
  let bytes = 0;
  await measure(count, async () => {
    const stream = await from.consume({ topics: [topic], mode: MessagesStreamModes.EARLIEST, autocommit: true });
    await run(stream, (message) => {
      bytes += message.value.length + (message.value[0] === 0 ? 1 : 0);
    });
    return { bytes };
  });
}

const works = {
  async 'produce-arrays'() {
    const to = await producer();
    const messages = Array.from({ length: BATCH }, () => ({ topic, value }));
    await measure(count, () => overlap(count / BATCH, AT_A_TIME, () => to.send({ messages })));
  },
  async 'produce-promises'() {
    const to = await producer();
    await measure(count, () => windows(count, () => to.send({ messages: [{ topic, value }] })));
  },
  async 'produce-one'() {
    const to = await producer();
    await measure(count, () => latencies(count, () => to.send({ messages: [{ topic, value }] })));
  },
  // The faster of its two ways.
  'consume-batches': () => consume((stream, seen) => new Promise((resolve) => {
    let left = count;
    stream.on('data', (message) => {
      seen(message);
      if (--left === 0) resolve();
    });
  })),
  'consume-each': () => consume(async (stream, seen) => {
    let left = count;
    for await (const message of stream) {
      seen(message);
      if (--left === 0) break;
    }
  }),
};
await works[work]();
process.exit(0);
