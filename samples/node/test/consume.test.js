'use strict';
const assert = require('node:assert');
const test = require('node:test');

const { openSession, start } = require('./broker');

const EARLIEST = { 'auto.offset.reset': 'earliest' };
const UNORDERED = { ...EARLIEST, ordering: 'unordered' };

async function fill(session, count, partition = 0) {
  const values = Array.from({ length: count }, (_, k) => String(k));
  await session.producer().sendBatch('orders', values, { partition });
}

async function committed(session, group, partition = 0) {
  const [place] = await session.groups.offsets(group, [{ topic: 'orders', partition }]);
  return place.offset;
}

for (const options of [EARLIEST, { ...EARLIEST, ordering: 'partition' }, UNORDERED]) {
  const ordering = options.ordering ?? 'consumer';
  test(`ordering ${ordering}: a loop that is left goes on with what was not answered`, async (t) => {
    const { session } = await start(t);
    await fill(session, 20);
    const consumer = session.consumer({ group: 'billing', allPartitions: 'orders' }, options);
    const seen = [];
    for await (const message of consumer) {
      if (message.offset === 10) break;
      seen.push(message.text);
      await message.commit();
      assert.strictEqual(await committed(session, 'billing'), message.offset + 1);
    }
    assert.strictEqual(await committed(session, 'billing'), 10);
    for await (const message of consumer) {
      seen.push(message.text);
      await message.commit('by me');
      if (message.offset === 19) break;
    }
    assert.deepStrictEqual(seen, Array.from({ length: 20 }, (_, k) => String(k)));
    const [place] = await session.groups.offsets('billing', [{ topic: 'orders', partition: 0 }]);
    assert.deepStrictEqual([place.offset, place.metadata], [20, 'by me']);
  });
}

test('commits that nobody waits for are stored all the same', async (t) => {
  const { session } = await start(t);
  await fill(session, 3000);
  const consumer = session.consumer({ group: 'billing', allPartitions: 'orders' }, UNORDERED);
  for await (const message of consumer) {
    message.commit();
    if (message.offset === 2999) break;
  }
  assert.strictEqual(await committed(session, 'billing'), 3000);
});

test('acks move on, and the next commit covers them', async (t) => {
  const { session } = await start(t);
  await fill(session, 10);
  for (const options of [EARLIEST, UNORDERED]) {
    const group = `billing-${options.ordering}`;
    const consumer = session.consumer({ group, allPartitions: 'orders' }, options);
    for await (const message of consumer) {
      if (message.offset < 9) message.ack();
      else await message.commit();
      if (message.offset === 9) break;
    }
    assert.strictEqual(await committed(session, group), 10);
    await consumer.close();
  }
});

test('answers in any order: what is stored is below the oldest message that is open', async (t) => {
  const { session } = await start(t);
  await fill(session, 5);
  const consumer = session.consumer({ group: 'billing', allPartitions: 'orders' }, UNORDERED);
  const open = [];
  for await (const message of consumer) {
    open.push(message);
    if (open.length < 5) continue;
    await Promise.race([open[4].commit(), new Promise((resolve) => setTimeout(resolve, 100))]);
    assert.strictEqual(await committed(session, 'billing'), -1);
    open[0].ack();
    open[2].ack();
    await open[1].commit();
    assert.strictEqual(await committed(session, 'billing'), 2);
    await open[3].commit();
    break;
  }
  assert.strictEqual(await committed(session, 'billing'), 5);
});

test('an answer counts once', async (t) => {
  const { session } = await start(t);
  await fill(session, 3);
  for (const options of [EARLIEST, UNORDERED]) {
    const consumer = session.consumer({ group: `billing-${options.ordering}`, allPartitions: 'orders' }, options);
    for await (const message of consumer) {
      const outcome = message.commit();
      await assert.rejects(message.commit(), { code: 'already_answered' });
      assert.throws(() => message.ack(), { code: 'already_answered' });
      await outcome;
      await assert.rejects(message.commit(), { code: 'already_answered' });
      if (message.offset === 2) break;
    }
    await consumer.close();
  }
});

test('a message of a loop that is over is lost', async (t) => {
  const { session } = await start(t);
  await fill(session, 3);
  const consumer = session.consumer({ group: 'billing', allPartitions: 'orders' }, UNORDERED);
  let kept;
  for await (const message of consumer) {
    kept = message;
    break;
  }
  assert.strictEqual(kept.text, '0');
  await assert.rejects(kept.commit(), { code: 'lost' });
});

for (const options of [EARLIEST, UNORDERED]) {
  test(`batches, ordering ${options.ordering ?? 'consumer'}: columns, messages, a commit of all`, async (t) => {
    const { session } = await start(t);
    const producer = session.producer();
    for (let k = 0; k < 30; ++k) {
      await producer.send({ topic: 'orders', key: `k${k}`, value: `value ${k}`, partition: k % 3,
        headers: k % 2 === 0 ? [['n', String(k)]] : undefined });
    }
    const consumer = session.consumer({ group: 'billing', allPartitions: 'orders' }, options);
    let count = 0;
    for await (const batch of consumer.batches({ max: 4 })) {
      assert.ok(batch.count >= 1 && batch.count <= 4);
      assert.strictEqual([...batch].length, batch.count);
      for (let k = 0; k < batch.count; ++k) {
        const number = batch.offsets[k] * 3 + batch.partitions[k];
        assert.strictEqual(batch.topic(k), 'orders');
        assert.strictEqual(batch.key(k).toString(), `k${number}`);
        assert.strictEqual(batch.text(k), `value ${number}`);
        assert.strictEqual(batch.message(k).value.toString(), `value ${number}`);
        assert.deepStrictEqual(batch.headers(k).map(([name, value]) => [name, value.toString()]),
          number % 2 === 0 ? [['n', String(number)]] : []);
      }
      count += batch.count;
      await batch.commit();
      if (count === 30) break;
    }
    for (let partition = 0; partition < 3; ++partition) {
      assert.strictEqual(await committed(session, 'billing', partition), 10);
    }
  });
}

test('some messages of a batch alone, then the rest', async (t) => {
  const { session } = await start(t);
  await fill(session, 10);
  const consumer = session.consumer({ group: 'billing', allPartitions: 'orders' }, UNORDERED);
  for await (const batch of consumer.batches()) {
    assert.strictEqual(batch.count, 10);
    batch.message(3).ack();
    batch.message(7).commit();
    await batch.commit();
    await assert.rejects(batch.message(5).commit(), { code: 'already_answered' });
    break;
  }
  assert.strictEqual(await committed(session, 'billing'), 10);
});

test('one loop at a time; a closed consumer cannot be read', async (t) => {
  const { session } = await start(t);
  const consumer = session.consumer({ group: 'billing', allPartitions: 'orders' }, EARLIEST);
  const first = consumer[Symbol.asyncIterator]();
  const waiting = first.next();
  assert.throws(() => consumer.batches(), /one loop at a time/);
  await consumer.close();
  assert.deepStrictEqual(await waiting, { value: undefined, done: true });
  assert.throws(() => consumer.batches(), { code: 'closed' });
});

test('closing the session ends the loop, and what was answered is stored', async (t) => {
  const { broker, session } = await start(t);
  await fill(session, 10);
  const consumer = session.consumer({ group: 'billing', allPartitions: 'orders' }, UNORDERED);
  let closed;
  for await (const message of consumer) {
    message.commit();
    if (message.offset === 9) closed = session.close();
  }
  await closed;
  assert.strictEqual(await committed(openSession(t, broker.address), 'billing'), 10);
});

test('stop ends the loop when everything is answered', async (t) => {
  const { session } = await start(t);
  await fill(session, 10);
  const consumer = session.consumer({ group: 'billing', allPartitions: 'orders' }, EARLIEST);
  let stopped;
  let count = 0;
  for await (const message of consumer) {
    ++count;
    if (count === 5) stopped = consumer.stop();
    await message.commit();
  }
  await stopped;
  assert.strictEqual(count, 5);
  assert.strictEqual(await committed(session, 'billing'), 5);
});

test('a failed consumption throws out of the loop, with what and where', async (t) => {
  const { session } = await start(t);
  const partitions = [{ topic: 'orders', partition: 1 }];
  const consumer = session.consumer({ group: 'billing', partitions }, { 'auto.offset.reset': 'none' });
  await assert.rejects(async () => {
    for await (const message of consumer) message.ack();
  }, (error) => error.code === 'no_offset' && /orders/.test(error.message));
});

test('seek, pause and resume, position, the end of a partition', async (t) => {
  const { session } = await start(t);
  await fill(session, 5);
  const ends = [];
  const seen = [];
  const reader = session.consumer({
    partitions: [{ topic: 'orders', partition: 0, offset: 3 }],
    onPartitionEnd(place) {
      ends.push(place);
      if (seen.length === 7) reader.stop();
    },
  });
  for await (const message of reader) {
    seen.push(message.offset);
    if (seen.length === 2) reader.seek({ topic: 'orders', partition: 0, offset: 'earliest' });
    message.ack();
    if (seen.length === 4) {
      reader.pause();
      reader.resume([{ topic: 'orders', partition: 0 }]);
      assert.throws(() => reader.pause([{ topic: 'orders', partition: 5 }]), { code: 'invalid_argument' });
    }
  }
  assert.deepStrictEqual(seen, [3, 4, 0, 1, 2, 3, 4]);
  assert.ok(reader.position('orders', 0) >= 4);
  assert.deepStrictEqual(ends.at(-1), { topic: 'orders', partition: 0, offset: 5 });
});

test('a consumer says what is wrong with its source and its options', async (t) => {
  const { session } = await start(t);
  const wrong = (source, options, text) => assert.throws(() => session.consumer(source, options), text);
  wrong(undefined, {}, /source must be an object/);
  wrong({}, {}, /one of topics, pattern, partitions and allPartitions is needed, not none/);
  wrong({ group: 'g', topics: ['a'], pattern: 'b' }, {}, /not topics and pattern/);
  wrong({ topics: ['a'] }, {}, /need a group/);
  wrong({ group: 'g', topics: ['a'], onGone() {} }, {}, /there is no onGone/);
  wrong({ group: 'g', topics: ['a'], onLost: 5 }, {}, /onLost must be a function/);
  wrong({ group: 5, topics: ['a'] }, {}, /group must be a string/);
  wrong({ group: 'g', topics: [5] }, {}, /topics\[0\] must be a string/);
  wrong({ group: 'g', partitions: [{ topic: 'a', partition: -1 }] }, {}, /partitions\[0\]\.partition must be a whole number/);
  wrong({ group: 'g', partitions: [] }, {}, { name: 'KafkaError' });
  wrong({ group: 'g', pattern: /a/i }, {}, /pattern must be without flags/);
  wrong({ group: 'g', topics: ['a'] }, { ordering: 'none' }, { code: 'invalid_option' });
  wrong({ group: 'g', topics: ['no such name'] }, {}, { name: 'KafkaError' });
});
