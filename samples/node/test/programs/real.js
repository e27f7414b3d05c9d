'use strict';
// real.js BROKERS TOPIC COUNT [slowly] [NAME=VALUE]...: sends that many messages, half of them in batches, and has two
// members of a group read and commit them. Each has to come, once unless a broker was killed, and be where it was told.
const assert = require('node:assert');

const { Session } = require('../..');

const [brokers, topic, words, ...more] = process.argv.slice(2);
const COUNT = Number(words);
const slowly = more[0] === 'slowly';
const options = Object.fromEntries(more.filter((word) => word.includes('=')).map((word) => word.split(/=(.*)/s).slice(0, 2)));
const PART = 100;

async function produce(producer, places) {
  for (let k = 0; k < COUNT; k += PART) {
    const values = Array.from({ length: PART }, (_, n) => String(k + n));
    if (slowly) await new Promise((resolve) => setTimeout(resolve, 50));
    if ((k / PART) % 2 === 0) {
      const told = await Promise.all(values.map((value) => producer.send({ topic, value })));
      told.forEach(({ partition, offset }, n) => places.set(`${partition}/${offset}`, values[n]));
    } else {
      const { partitions, offsets } = await producer.sendBatch(topic, values);
      values.forEach((value, n) => places.set(`${partitions[n]}/${offsets[n]}`, value));
    }
  }
}

async function main() {
  const sessions = [0, 1, 2].map(() => new Session({ 'bootstrap.servers': brokers, ...options }));
  for (const session of sessions) session.setLogLevel('off');
  await sessions[0].metadata(topic, { create: true });
  const seen = new Map();
  const members = sessions.slice(1).map((session) => session.consumer({ group: `${topic}-group`, topics: [topic] }, {
    'auto.offset.reset': 'earliest',
    'heartbeat.interval.ms': 200,
    'session.timeout.ms': 6000,
    ordering: 'unordered',
    'commit.mode': 'pipelined',
  }));
  const ended = () => seen.size === COUNT && members.forEach((member) => member.stop());
  const reading = members.map(async (member) => {
    for await (const message of member) {
      seen.set(`${message.partition}/${message.offset}`, message.text);
      message.commit();
      ended();
    }
  });
  const places = new Map();
  await produce(sessions[0].producer(), places);
  await Promise.all(reading);
  assert.deepStrictEqual(new Map([...seen].sort()), new Map([...places].sort()));
  const partitions = [...new Set([...places.keys()].map((place) => Number(place.split('/')[0])))];
  for (const { lag } of await sessions[0].groups.lag(`${topic}-group`)) assert.strictEqual(lag, 0);
  console.log(`${seen.size} messages in ${partitions.length} partitions`);
  await Promise.all(sessions.map((session) => session.close()));
}
main();
