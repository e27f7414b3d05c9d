// The benchmark's work with kafkajs.
import { createRequire } from 'node:module';

import { AT_A_TIME, BATCH, VALUE, given, latencies, measure, overlap, windows } from '../work.mjs';

const { Kafka, Partitioners, logLevel } = createRequire(`${process.env.BENCH_PEERS}/`)('kafkajs');
const { work, brokers, topic, count } = given();
const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.ERROR });

async function producer() {
  const made = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await made.connect();
  await made.send({ topic, messages: [{ value: VALUE }] });
  return made;
}
async function consume(run) {
  const from = kafka.consumer({ groupId: `bench-${process.pid}-${Date.now()}` });
  await from.connect();
  await from.subscribe({ topic, fromBeginning: true });
  let seen = 0;
  let bytes = 0;
  await measure(count, async () => {
    await new Promise((resolve) => {
      run(from, (values) => {
        for (const value of values) bytes += value.length + (value[0] === 0 ? 1 : 0);
        seen += values.length;
        if (seen >= count) resolve();
      });
    });
    return { bytes };
  });
  await from.disconnect();
}

const works = {
  async 'produce-arrays'() {
    const to = await producer();
    const messages = Array.from({ length: BATCH }, () => ({ value: VALUE }));
    await measure(count, () => overlap(count / BATCH, AT_A_TIME, () => to.send({ topic, messages })));
    await to.disconnect();
  },
  async 'produce-promises'() {
    const to = await producer();
    await measure(count, () => windows(count, () => to.send({ topic, messages: [{ value: VALUE }] })));
    await to.disconnect();
  },
  async 'produce-one'() {
    const to = await producer();
    await measure(count, () => latencies(count, () => to.send({ topic, messages: [{ value: VALUE }] })));
    await to.disconnect();
  },
  'consume-batches': () => consume((from, seen) =>
    from.run({ eachBatch: async ({ batch }) => seen(batch.messages.map(({ value }) => value)) })),
  'consume-each': () => consume((from, seen) =>
    from.run({ eachMessage: async ({ message }) => seen([message.value]) })),
};
await works[work]();
process.exit(0);
