'use strict';
const assert = require('node:assert');
const test = require('node:test');

const uvkafka = require('..');
const { openSession, start } = require('./broker');

const { KafkaError, Session, describeOptions } = uvkafka;

test('the package has the same names for require and import', async () => {
  const imported = await import('../lib/index.mjs');
  for (const name of Object.keys(uvkafka)) assert.strictEqual(imported[name], uvkafka[name], name);
  assert.match(uvkafka.version, /^\d+\.\d+\.\d+$/);
});

test('options by name: the library says what is wrong, and its range', () => {
  const refused = (options, text) => assert.throws(() => new Session(options), (error) => {
    assert.ok(error instanceof KafkaError && error instanceof Error);
    assert.strictEqual(error.code, 'invalid_option');
    assert.match(error.message, text);
    return true;
  });
  refused({ 'bootstrap.servers': 'a:1', 'no.such.option': 1 }, /no\.such\.option/);
  refused({ 'bootstrap.servers': 'a:1', 'request.timeout.ms': 'soon' }, /request\.timeout\.ms/);
  refused({ 'bootstrap.servers': 'a:1', 'request.timeout.ms': -5 }, /request\.timeout\.ms/);
  refused({}, /bootstrap\.servers/);
  refused(undefined, /bootstrap\.servers/);
  assert.throws(() => new Session('a:1'), /options of the session must be an object/);
  assert.throws(() => new Session({ 'bootstrap.servers': {} }), /bootstrap\.servers must be a string/);
});

test('options of producers are checked, lists are joined, and what is undefined is left out', async (t) => {
  const { broker, session } = await start(t);
  openSession(t, undefined, { 'bootstrap.servers': [broker.address, broker.address], 'client.id': undefined });
  assert.throws(() => session.producer({ acks: 'some' }), { code: 'invalid_option' });
  assert.throws(() => session.producer({ 'group.id': 'x' }), /group\.id/);
});

test('every option is described', () => {
  for (const kind of ['session', 'producer', 'consumer']) {
    const options = describeOptions(kind);
    assert.ok(options.length > 5);
    for (const { name, type, documentation } of options) assert.ok(name && type && documentation, name);
  }
  assert.throws(() => describeOptions('other'), /kind must be one of/);
});

test('events, log lines, stats', async (t) => {
  const { broker } = await start(t);
  const session = openSession(t, broker.address);
  const events = [];
  const lines = [];
  session.on('event', (event) => events.push(event));
  session.on('log', (line) => lines.push(line));
  session.setLogLevel('debug');
  assert.throws(() => session.setLogLevel('loud'), /level must be/);
  await session.producer().send({ topic: 'orders', value: 'x' });
  const connected = events.find(({ type }) => type === 'brokerConnected');
  assert.strictEqual(connected.broker, broker.address);
  assert.ok(lines.some(({ level, text }) => level === 'info' && text.includes('connected')));
  const { brokers, producers } = session.stats();
  assert.ok(brokers.length >= 1 && producers.length === 1);
  assert.match(session.prometheus('shop'), /^shop_/m);
});

test('a broker that is not there: an event that says why, and errors within their time', async (t) => {
  const session = openSession(t, '127.0.0.1:1', { 'default.api.timeout.ms': 300 });
  session.setLogLevel('off');
  const failed = new Promise((resolve) => session.once('event', resolve));
  await assert.rejects(session.topics(), (error) => {
    assert.strictEqual(error.code, 'timed_out');
    assert.match(error.detail, /127\.0\.0\.1:1/);
    assert.strictEqual(error.retriable, true);
    return true;
  });
  const event = await failed;
  assert.strictEqual(event.type, 'connectFailed');
  assert.strictEqual(event.error.code, 'connect_failed');
});

test('topics, metadata, offsets', async (t) => {
  const { broker, session } = await start(t);
  assert.deepStrictEqual(await session.topics(), ['orders']);
  await session.producer().sendBatch('orders', ['a', 'b'], { partition: 1 });
  const { brokers, partitions } = await session.metadata('orders');
  assert.strictEqual(brokers.length, 1);
  assert.deepStrictEqual(partitions.map(({ partition }) => partition), [0, 1, 2]);
  assert.strictEqual((await session.metadata(['made'], { create: true })).topics[0].name, 'made');
  const places = [0, 1].map((partition) => ({ topic: 'orders', partition }));
  assert.deepStrictEqual((await session.offsets(places, 'latest')).map(({ offset }) => offset), [0, 2]);
  assert.deepStrictEqual((await session.offsets(places, 'earliest')).map(({ offset }) => offset), [0, 0]);
  const hasty = openSession(t, broker.address, { 'default.api.timeout.ms': 300 });
  await assert.rejects(hasty.offsets([{ topic: 'orders', partition: 9 }], 'latest'), (error) => {
    assert.strictEqual(error.result[0].error.code, error.code);
    return true;
  });
});

test('close flushes what was sent before, may be called again, and ends everything', async (t) => {
  const { broker } = await start(t);
  const session = openSession(t, broker.address);
  const producer = session.producer({ 'linger.ms': 200, 'buffer.memory': 1000000 });
  const single = producer.send({ topic: 'orders', value: 'x', partition: 0 });
  const batch = producer.sendBatch('orders', new Array(5000).fill('x'.repeat(500)), { partition: 0 });
  const closed = session.close();
  assert.strictEqual(session.close(), closed);
  assert.strictEqual((await single).offset, 0);
  assert.strictEqual((await batch).offsets.at(-1), 5000);
  await closed;
  await assert.rejects(producer.send({ topic: 'orders', value: 'x' }), { code: 'closed' });
  assert.throws(() => session.producer(), { code: 'closed' });
  assert.throws(() => session.consumer({ allPartitions: 'orders' }), { code: 'closed' });
  await assert.rejects(session.topics());
});
