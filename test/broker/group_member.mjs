// A member of a consumer group in Node (samples/node) that says what happens to it: a peer for mixed groups.
//
//   node group_member.mjs BOOTSTRAP GROUP TOPIC [name=value]...
//
// Values and lines are those of GroupMember.java, but:
//   commit=each|batch   each: `for await` of single messages, a commit each; batch: one commit for a batch of messages
//   close=leave         there is no other way
// All other values are options of the consumer. It ends at the end of standard input. The package is what `uvkafka` is
// for a program in this file's folder: groups_packages.py puts both into one.
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { Session, version } from 'uvkafka';

const [bootstrap, group, topic, ...words] = process.argv.slice(2);
const options = Object.fromEntries(words.map((word) => word.split(/=(.*)/s).slice(0, 2)));
const { name = `node-${process.pid}`, commit = 'batch', work_ms: work = '0' } = options;
for (const own of ['name', 'commit', 'work_ms']) delete options[own];

function say(event, rest = {}) {
  // One write for each line: nothing is lost with kill -9. The clock has microseconds.
  const t = Math.round((performance.timeOrigin + performance.now()) * 1000) * 1000;
  writeSync(1, `${JSON.stringify({ t, m: name, e: event, ...rest })}\n`);
}
const pairs = (list) => ({ p: list.map(({ topic: where, partition }) => [where, partition]) });

const session = new Session({ 'bootstrap.servers': bootstrap, 'client.id': name });
const consumer = session.consumer({
  group,
  topics: [topic],
  onAssigned: (partitions) => say('assigned', pairs(partitions)),
  onRevoked: (partitions) => say('revoked', pairs(partitions)),
  onLost: (partitions) => say('lost', pairs(partitions)),
}, { 'auto.offset.reset': 'earliest', ...options });
say('start', { client: `uvkafka for Node ${version}`, protocol: options['group.protocol'] ?? 'classic', pid: process.pid });

let ending = false;
process.stdin.on('end', async () => {
  ending = true;
  say('closing');
  await consumer.close();
  say('closed');
  await session.close();
}).resume();

/** Commits what was answered; `next` is [[topic, partition, offset], ...]. */
async function store(answered, next) {
  say('commit', { c: next });
  try {
    await answered.commit();
    if (!ending) say('committed', { c: next });
  } catch (error) {
    if (!ending) say('failed', { c: next, err: error.message });
    if (error.code !== 'lost' && !ending) throw error;
  }
}

async function single() {
  for await (const message of consumer) {
    const place = { p: [message.topic, message.partition], o: message.offset };
    say('record', { ...place, v: message.text });
    if (work !== '0') await sleep(Number(work));
    say('answer', place);
    await store(message, [[message.topic, message.partition, message.offset + 1]]);
  }
}

async function batches() {
  for await (const batch of consumer.batches({ max: 500 })) {
    const next = new Map();
    for (let k = 0; k < batch.count; ++k) {
      const place = { p: [batch.topic(k), batch.partitions[k]], o: batch.offsets[k] };
      say('record', { ...place, v: batch.text(k) });
      next.set(place.p.join('/'), [...place.p, place.o + 1]);
    }
    for (let k = 0; k < batch.count; ++k) say('answer', { p: [batch.topic(k), batch.partitions[k]], o: batch.offsets[k] });
    await store(batch, [...next.values()]);
  }
}

await (commit === 'each' ? single() : batches());
