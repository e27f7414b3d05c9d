// Sends messages and reads them back in one process, and looks at its resident memory after the first tenth and at the
// end, each time after a forced collection: at the end it is at most 10 % and 8 MiB above the first.
//
//   node --expose-gc memory.mjs BROKERS [COUNT] [arrays|promises]      COUNT: 10,000,000
import { Session } from '../lib/index.mjs';

const [brokers, words = '10000000', how = 'arrays'] = process.argv.slice(2);
const COUNT = Number(words);
const BATCH = 1000;
const MOST_AHEAD = 100000; // records that are sent and not read yet
const VALUE = 'x'.repeat(100);
const MIB = 1024 * 1024;

if (globalThis.gc === undefined) throw new Error('run it with --expose-gc');
const session = new Session({ 'bootstrap.servers': brokers });
const topic = `memory-${Date.now()}`;
let sent = 0;
let read = 0;
let wake = () => {};

async function produce() {
  const producer = session.producer();
  const values = new Array(BATCH).fill(VALUE);
  while (sent < COUNT) {
    if (sent - read > MOST_AHEAD) {
      await new Promise((resolve) => {
        wake = resolve;
      });
    }
    if (how === 'arrays') await producer.sendBatch(topic, values);
    else await Promise.all(values.map((value) => producer.send({ topic, value })));
    sent += BATCH;
  }
}

async function collected() {
  await new Promise((resolve) => setTimeout(resolve, 100));
  for (let k = 0; k < 3; ++k) gc();
  return process.memoryUsage().rss;
}

async function consume() {
  const consumer = session.consumer({ group: topic, allPartitions: topic },
    { 'auto.offset.reset': 'earliest', ordering: 'unordered', 'commit.mode': 'pipelined' });
  let first;
  const seen = async () => {
    wake();
    if (first === undefined && read >= COUNT / 10) {
      first = await collected();
      console.log(`${(first / MIB).toFixed(1)} MiB after ${read} messages`);
    }
    return read >= COUNT;
  };
  if (how === 'arrays') {
    for await (const batch of consumer.batches()) {
      read += batch.count;
      batch.commit();
      if (await seen()) break;
    }
  } else {
    for await (const message of consumer) {
      if (message.value.length !== VALUE.length) throw new Error(`offset ${message.offset}: ${message.text}`);
      message.commit();
      if (++read % BATCH === 0 && await seen()) break;
    }
  }
  return first;
}

await session.metadata(topic, { create: true });
const [first] = await Promise.all([consume(), produce()]);
const last = await collected();
const most = first * 1.1 + 8 * MIB;
console.log(`${(last / MIB).toFixed(1)} MiB after ${read}; at most ${(most / MIB).toFixed(1)} MiB`);
await session.close();
process.exitCode = last <= most ? 0 : 1;
