// Compares this package with kafkajs and @platformatic/kafka on one broker, and prints a table for README.md.
//
//   node bench.mjs BROKERS [--peers FOLDER] [--rounds 5] [--scale 1] [--only WORK]
//
// FOLDER is where `npm install kafkajs @platformatic/kafka@1` was run; without it this package runs alone. Each client
// does each work in a process of its own, one after another, in rounds; the table has the medians. The broker creates
// the topics. CPU is that of the client's process, in microseconds for one message of 100 bytes.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import uvkafka from '../lib/index.js';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const WORKS = [
  // Name, messages (of this package, where the others are slow), what the table says, and what is compared.
  { name: 'produce-arrays', count: 200000, own: 1000000, title: 'send, 1,000 in each call' },
  { name: 'produce-promises', count: 5000, own: 200000, title: 'send, a promise each' },
  { name: 'produce-one', count: 1000, title: 'send, one at a time (time of one: p50, µs)', measure: 'p50' },
  { name: 'consume-batches', count: 300000, own: 2000000, title: 'read in batches' },
  { name: 'consume-each', count: 300000, own: 500000, title: 'read one by one, each committed' },
];
const VALUE = 'x'.repeat(100);

function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
}

async function fill(brokers, topic, clients, count) {
  const session = new uvkafka.Session({ 'bootstrap.servers': brokers });
  await session.metadata([topic, ...clients.map((client) => `${topic}-${client}`)], { create: true });
  const producer = session.producer();
  const values = new Array(1000).fill(VALUE);
  for (let k = 0; k < count; k += 1000) await producer.sendBatch(topic, values);
  await session.close();
}

function runClient(client, work, brokers, topic, count, peers) {
  const done = spawnSync(process.execPath,
    [path.join(HERE, 'clients', `${client}.mjs`), work.name, brokers, topic, String(count)],
    { encoding: 'utf8', env: { ...process.env, BENCH_PEERS: peers }, timeout: 300000, stdio: ['ignore', 'pipe', 'pipe'] });
  const line = done.stdout.trim().split('\n').at(-1);
  if (!line?.startsWith('{')) throw new Error(`${client} ${work.name}: no result\n${done.stdout}${done.stderr}`);
  return JSON.parse(line);
}

function show(number) {
  return number === undefined ? '' : number.toPrecision(3);
}

async function main() {
  const { values, positionals: [brokers] } = parseArgs({
    allowPositionals: true,
    options: {
      peers: { type: 'string' },
      rounds: { type: 'string', default: '5' },
      scale: { type: 'string', default: '1' },
      only: { type: 'string' },
    },
  });
  if (brokers === undefined) throw new Error('usage: node bench.mjs BROKERS [--peers FOLDER] [--rounds N] [--scale N]');
  const clients = values.peers === undefined ? ['uvkafka'] : ['uvkafka', 'kafkajs', 'platformatic'];
  const topic = `bench-${Date.now()}`;
  const works = WORKS.filter(({ name }) => values.only === undefined || name.startsWith(values.only));
  const most = Math.max(0, ...works.filter(({ name }) => name.startsWith('consume')).map(({ own }) => own));
  await fill(brokers, topic, clients, most * Number(values.scale));
  console.log('| work | uvkafka | kafkajs | ratio | platformatic | ratio |');
  console.log('|---|---:|---:|---:|---:|---:|');
  for (const work of works) {
    const found = Object.fromEntries(clients.map((client) => [client, []]));
    for (let round = 0; round < Number(values.rounds); ++round) {
      for (const client of clients) {
        const count = (client === 'uvkafka' && work.own) || work.count;
        const to = work.name.startsWith('produce') ? `${topic}-${client}` : topic;
        const result = runClient(client, work, brokers, to, count * Number(values.scale), values.peers);
        found[client].push(result[work.measure ?? 'micros']);
      }
    }
    const [own, kafkajs, platformatic] = clients.map((client) => median(found[client]));
    const ratio = (other) => (other === undefined ? '' : (own / other).toFixed(3));
    console.log(`| ${work.title} | ${show(own)} | ${show(kafkajs)} | ${ratio(kafkajs)} | ${show(platformatic)} | ${
      ratio(platformatic)} |`);
  }
}

await main();
