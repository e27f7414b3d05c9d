'use strict';
const assert = require('node:assert');
const test = require('node:test');

const { start, openSession } = require('./broker');

test('a record resolves with its place, and comes back as it was sent', async (t) => {
  const { session } = await start(t);
  const producer = session.producer();
  const headers = { trace: 'abc', empty: '', none: null };
  const sent = await producer.send({ topic: 'orders', key: '42', value: 'größe', partition: 1, headers, timestamp: 1234 });
  assert.deepStrictEqual(sent, { topic: 'orders', partition: 1, offset: 0, timestamp: 1234 });

  const reader = session.consumer({ partitions: [{ topic: 'orders', partition: 1, offset: 'earliest' }] });
  for await (const message of reader) {
    assert.strictEqual(message.topic, 'orders');
    assert.strictEqual(message.partition, 1);
    assert.strictEqual(message.offset, 0);
    assert.strictEqual(message.timestamp, 1234);
    assert.strictEqual(message.key.toString(), '42');
    assert.strictEqual(message.text, 'größe');
    assert.deepStrictEqual(message.headers.map(([name, value]) => [name, value?.toString()]),
      [['trace', 'abc'], ['empty', ''], ['none', undefined]]);
    break;
  }
});

test('nulls stay nulls, and empty values stay empty', async (t) => {
  const { session } = await start(t);
  const producer = session.producer();
  for (const value of [null, undefined, '', Buffer.alloc(0)]) {
    await producer.send({ topic: 'orders', key: null, value, partition: 0 });
  }
  await producer.sendBatch('orders', [null, '', Buffer.alloc(0)], { partition: 0 });
  const reader = session.consumer({ partitions: [{ topic: 'orders', partition: 0, offset: 'earliest' }] });
  const values = [];
  for await (const message of reader) {
    values.push(message.value === null ? null : message.value.length);
    assert.strictEqual(message.key, null);
    message.ack();
    if (values.length === 7) break;
  }
  assert.deepStrictEqual(values, [null, null, 0, 0, null, 0, 0]);
});

test('records of one piece of work keep their order in a partition, singles and batches alike', async (t) => {
  const { session } = await start(t);
  const producer = session.producer();
  const outcomes = [];
  for (let k = 0; k < 3000; k += 3) {
    outcomes.push(producer.send({ topic: 'orders', value: String(k), partition: 2 }));
    outcomes.push(producer.sendBatch('orders', [String(k + 1), String(k + 2)], { partition: 2 }));
  }
  const places = await Promise.all(outcomes);
  places.forEach((place, k) => {
    if (k % 2 === 0) assert.strictEqual(place.offset, (k / 2) * 3);
    else assert.deepStrictEqual([...place.offsets], [((k - 1) / 2) * 3 + 1, ((k - 1) / 2) * 3 + 2]);
  });
});

test('batches: lists of values, of records, columns of lists, packed columns', async (t) => {
  const { session } = await start(t);
  const producer = session.producer();
  const batches = [
    ['a', 'b'],
    [Buffer.from('c'), 'd'],
    [{ key: 'k', value: 'e' }, { value: 'f' }],
    { keys: ['k', null], values: ['g', 'h'] },
    { values: Buffer.from('ij'), valueEnds: Uint32Array.of(1, 2) },
    { values: Buffer.from('kl'), valueEnds: Uint32Array.of(1, 2), keys: Buffer.from('k'), keyEnds: Uint32Array.of(1, 1) },
    ['größe', 'ü'],
  ];
  for (const batch of batches) {
    const result = await producer.sendBatch('orders', batch, { partition: 0 });
    assert.strictEqual(result.count, 2);
    assert.deepStrictEqual([...result.partitions], [0, 0]);
  }
  assert.strictEqual((await producer.sendBatch('orders', [])).count, 0);
  const reader = session.consumer({ partitions: [{ topic: 'orders', partition: 0, offset: 'earliest' }] });
  const seen = [];
  for await (const message of reader) {
    seen.push(`${message.key ?? '-'}${message.text}`);
    message.ack();
    if (seen.length === 14) break;
  }
  assert.deepStrictEqual(seen, ['-a', '-b', '-c', '-d', 'ke', '-f', 'kg', '-h', '-i', '-j', 'kk', 'l', '-größe', '-ü']);
});

test('more than buffer.memory waits for room, in its order, and nothing is lost', async (t) => {
  const { session } = await start(t);
  const producer = session.producer({ 'buffer.memory': 1000000, 'batch.size': 16384 });
  const value = 'x'.repeat(1000);
  const singles = Array.from({ length: 3000 }, () => producer.send({ topic: 'orders', value, partition: 0 }));
  const batch = producer.sendBatch('orders', new Array(3000).fill(value), { partition: 0 });
  const more = producer.send({ topic: 'orders', value, partition: 0, headers: { a: 'b' } });
  await producer.room();
  assert.deepStrictEqual((await Promise.all(singles)).map(({ offset }) => offset), Array.from({ length: 3000 }, (_, k) => k));
  assert.deepStrictEqual([...(await batch).offsets], Array.from({ length: 3000 }, (_, k) => 3000 + k));
  assert.strictEqual((await more).offset, 6000);
});

test('a record that is too large fails alone, and says what and where', async (t) => {
  const { session } = await start(t);
  const producer = session.producer({ 'max.request.size': 5000 });
  const large = 'x'.repeat(10000);
  const [first, second, third] = await Promise.allSettled([
    producer.send({ topic: 'orders', value: 'small', partition: 0 }),
    producer.send({ topic: 'orders', value: large, partition: 0 }),
    producer.send({ topic: 'orders', value: 'small', partition: 0 }),
  ]);
  assert.strictEqual(first.value.offset, 0);
  assert.strictEqual(third.value.offset, 1);
  assert.strictEqual(second.reason.code, 'message_too_large');
  assert.strictEqual(second.reason.persistence, 'no');
  await assert.rejects(producer.sendBatch('orders', ['small', large, 'small'], { partition: 0 }), (error) => {
    assert.strictEqual(error.code, 'message_too_large');
    assert.strictEqual(error.failed, 1);
    assert.match(error.message, /^1 of 3 records/);
    assert.deepStrictEqual([...error.result.offsets], [2, -1, 3]);
    assert.strictEqual(error.result.errors[1].code, 'message_too_large');
    return true;
  });
});

test('wrong records are refused before anything is sent', async (t) => {
  const { session } = await start(t);
  const producer = session.producer();
  const refused = async (record, text) => assert.rejects(producer.send(record), (error) => {
    assert.match(error.message, text);
    return true;
  });
  await refused(undefined, /record must be an object/);
  await refused({ value: 'x' }, /topic must be a string/);
  await refused({ topic: 'orders', value: 5 }, /value must be a string, a Buffer or null, not 5/);
  await refused({ topic: 'orders', key: {}, value: 'x' }, /key must be a string, a Buffer or null, not Object/);
  await refused({ topic: 'orders', value: 'x', partition: 1.5 }, /partition must be a whole number/);
  await refused({ topic: 'orders', value: 'x', headers: { a: 5 } }, /headers: a must be/);
  await refused({ topic: 'no such name', value: 'x' }, /no such name/);
  await assert.rejects(producer.sendBatch('orders', ['a', 5]), /batch\[1\] must be a string, a Buffer or null, not 5/);
  await assert.rejects(producer.sendBatch('orders', { values: ['a'], keys: ['a', 'b'] }), /2 keys and 1 values/);
  await assert.rejects(producer.sendBatch('orders', { values: Buffer.from('a'), valueEnds: Uint32Array.of(2) }),
    /end 0 is 2/);
  await assert.rejects(producer.sendBatch('orders', 'abc'), /batch must be a list/);
  assert.strictEqual((await producer.send({ topic: 'orders', value: 'x', partition: 0 })).offset, 0);
});

test('a record that the broker refuses rejects with its error, its persistence and what is retriable', async (t) => {
  const { broker } = await start(t, '--fault', 'Produce:times=always:error=TOPIC_AUTHORIZATION_FAILED');
  const producer = openSession(t, broker.address).producer();
  await assert.rejects(producer.send({ topic: 'orders', value: 'x' }), (error) => {
    assert.strictEqual(error.name, 'KafkaError');
    assert.strictEqual(error.code, 'topic_authorization_failed');
    assert.strictEqual(error.number, 29);
    assert.strictEqual(error.persistence, 'no');
    assert.strictEqual(error.retriable, false);
    return true;
  });
});

test('flush waits for everything, abort gives up, close refuses what comes later', async (t) => {
  const { session } = await start(t);
  const producer = session.producer({ 'linger.ms': 10000 });
  const lingering = producer.send({ topic: 'orders', value: 'x', partition: 0 });
  await producer.flush();
  assert.strictEqual((await lingering).offset, 0);
  const given = producer.send({ topic: 'orders', value: 'y' });
  producer.abort();
  await assert.rejects(given, { code: 'cancelled' });
  const last = producer.send({ topic: 'orders', value: 'z', partition: 0 });
  await producer.close();
  assert.strictEqual((await last).offset, 1);
  await assert.rejects(producer.send({ topic: 'orders', value: 'x' }), { code: 'closed' });
  await assert.rejects(producer.sendBatch('orders', ['x']), { code: 'closed' });
});
