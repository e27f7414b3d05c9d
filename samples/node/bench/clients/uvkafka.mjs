// The benchmark's work with this package.
import { Session } from '../../lib/index.mjs';
import { AT_A_TIME, BATCH, VALUE, given, latencies, measure, overlap, windows } from '../work.mjs';

const { work, brokers, topic, count } = given();
const session = new Session({ 'bootstrap.servers': brokers });
const EARLIEST = { 'auto.offset.reset': 'earliest' };
const FAST = { ...EARLIEST, ordering: 'unordered', 'commit.mode': 'pipelined', 'max.open': 5000 };

async function producer() {
  const made = session.producer();
  await made.send({ topic, value: VALUE });
  return made;
}
function consumer(options) {
  return session.consumer({ group: `bench-${process.pid}-${Date.now()}`, topics: [topic] }, options);
}

const works = {
  async 'produce-arrays'() {
    const to = await producer();
    const values = new Array(BATCH).fill(VALUE);
    await measure(count, () => overlap(count / BATCH, AT_A_TIME, () => to.sendBatch(topic, values)));
  },
  async 'produce-promises'() {
    const to = await producer();
    await measure(count, () => windows(count, () => to.send({ topic, value: VALUE })));
  },
  async 'produce-one'() {
    const to = await producer();
    await measure(count, () => latencies(count, () => to.send({ topic, value: VALUE })));
  },
  async 'consume-batches'() {
    const from = consumer(FAST);
    await measure(count, async () => {
      let seen = 0;
      let bytes = 0;
      for await (const batch of from.batches()) {
        // Every value is looked at.
        const { values, valueEnds } = batch;
        for (let k = 0, start = 0; k < batch.count; ++k) {
          bytes += valueEnds[k] - start + (values[start] === 0 ? 1 : 0);
          start = valueEnds[k];
        }
        seen += batch.count;
        batch.commit();
        if (seen >= count) break;
      }
      return { bytes };
    });
  },
  async 'consume-each'() {
    const from = consumer(FAST);
    await measure(count, async () => {
      let seen = 0;
      let bytes = 0;
      for await (const message of from) {
        const { value } = message;
        bytes += value.length + (value[0] === 0 ? 1 : 0);
        message.commit();
        if (++seen >= count) break;
      }
      return { bytes };
    });
  },
};
await works[work]();
await session.close();
