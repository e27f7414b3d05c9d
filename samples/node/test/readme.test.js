'use strict';
// Every block of JavaScript in README.md runs as it stands there. A program is a program of its own; the other blocks are
// parts of one, and get what they name. The commands in README.md are how this package comes to be: they run where it is
// installed, not here, and the test only knows them all.
const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');

const { start, startBroker } = require('./broker');

const FOLDER = path.join(__dirname, '..');
const README = fs.readFileSync(path.join(FOLDER, 'README.md'), 'utf8');
const PARTS = ['Send', 'Read', 'Groups'];
const AsyncFunction = (async () => {}).constructor;

/** The blocks of README.md: the section they stand in, their language, their text. */
function* blocks() {
  let section;
  for (const [, title, language, text] of README.matchAll(/^## (.*)$|^```(\w*)\n([^]*?)^```$/gm)) {
    if (title !== undefined) section = title;
    else yield { section, language, text };
  }
}

/** The block of JavaScript in this section as a function of what it names; it returns `result`. */
function part(section, names, result = 'undefined') {
  const { text } = [...blocks()].find((block) => block.section === section && block.language === 'js');
  return new AsyncFunction(...names, `${text}\nreturn ${result};`);
}

test('README.md has no block that nothing here runs', () => {
  const found = [...blocks()].map(({ section, language }) => `${section} ${language}`);
  assert.deepStrictEqual(found, ['Install sh', 'Install js', ...PARTS.map((section) => `${section} js`)]);
  const commands = [...blocks()][0].text.trim().split('\n').map((line) => line.split('#')[0].trim());
  assert.deepStrictEqual(commands, ['samples/node/install.sh', 'npm install']);
  fs.accessSync(path.join(FOLDER, 'install.sh'), fs.constants.X_OK);
});

test('the program of README.md', async (t) => {
  const { address } = await startBroker(t, '--topic', 'orders:3');
  const program = /```js\n([^]*?)```/.exec(README)[1].replace('127.0.0.1:9092', address);
  for (const [kind, from] of [['commonjs', "require('uvkafka')"], ['module', "import { Session } from 'uvkafka'"]]) {
    const source = program.replace(/^const \{ Session \} = .*$/m,
      kind === 'module' ? from.replace('uvkafka', path.join(__dirname, '../lib/index.mjs'))
        : `const { Session } = ${from.replace('uvkafka', path.join(__dirname, '..'))};`);
    const done = spawnSync(process.execPath, [`--input-type=${kind}`, '-e', source], { encoding: 'utf8', timeout: 60000 });
    assert.strictEqual(done.stderr, '');
    assert.match(done.stdout, /^stored in partition [012] at offset \d+\npaid\n$/);
  }
});

test('what README.md sends arrives', async (t) => {
  const { session } = await start(t, '--topic', 'wide:4');
  const given = {
    producer: session.producer(), topic: 'wide', key: 'k', value: 'single', partition: 3, timestamp: 1700000000000,
    keys: ['1', '2'], values: ['one', 'two'], buffer: Buffer.from('packed'), valueEnds: Uint32Array.of(4, 6),
  };
  await part('Send', Object.keys(given))(...Object.values(given));

  const seen = [];
  for await (const message of session.consumer({ allPartitions: 'wide' }, { 'auto.offset.reset': 'earliest' })) {
    message.ack();
    seen.push([message.text, message.key?.toString(), message.headers.map(([name, word]) => `${name}=${word}`).join()]);
    if (message.text === 'single') assert.deepStrictEqual([message.partition, message.timestamp], [3, 1700000000000]);
    if (message.text === 'one' || message.text === 'two') assert.strictEqual(message.partition, 3);
    if (seen.length === 9) break;
  }
  const wanted = [['single', 'k', 'trace=abc'], ['a'], ['b'], [null], ['v', 'k'], ['one', '1'], ['two', '2'], ['pack'], ['ed']];
  assert.deepStrictEqual(seen.sort(), wanted.map(([text, key, headers = '']) => [text, key, headers]).sort());
});

test('the loops of README.md read everything', async (t) => {
  const { session } = await start(t);
  const producer = session.producer();
  const consumer = session.consumer({ group: 'readers', topics: ['orders'] }, { 'auto.offset.reset': 'earliest' });
  const seen = { messages: 0, batches: 0 };
  await producer.sendBatch('orders', Array.from({ length: 10 }, (_, k) => String(k)));
  const work = (topic, ...more) => {
    if (more.length === 0) { // batch.text(k)
      if (++seen.batches === 10) consumer.stop();
      return;
    }
    if (++seen.messages < 10) return;
    consumer.stop(); // ends the first loop
    producer.sendBatch('orders', Array.from({ length: 10 }, (_, k) => String(k)));
  };
  await part('Read', ['consumer', 'work'])(consumer, work);
  assert.deepStrictEqual(seen, { messages: 10, batches: 10 });
  const rows = await session.groups.lag('readers');
  assert.strictEqual(rows.reduce((sum, { committed }) => sum + Math.max(committed, 0), 0), 20);
});

test('the member of README.md reads', async (t) => {
  const { session } = await start(t);
  await session.producer().send({ topic: 'orders', value: 'paid' });
  const consumer = await part('Groups', ['session'], 'consumer')(session);
  for await (const message of consumer) {
    assert.strictEqual(message.text, 'paid');
    await message.commit();
    break;
  }
  assert.strictEqual(consumer.partitions.length, 3);
  await consumer.close();
});
