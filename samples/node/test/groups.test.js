'use strict';
const assert = require('node:assert');
const test = require('node:test');

const { openSession, start } = require('./broker');

const EARLIEST = { 'auto.offset.reset': 'earliest', 'heartbeat.interval.ms': 50 };
const UNORDERED = { ...EARLIEST, ordering: 'unordered' };

function later(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
async function until(holds) {
  for (let k = 0; k < 1000 && !holds(); ++k) await later(10);
  assert.ok(holds(), `within 10 s: ${holds}`);
}
function names(list) {
  return list.map(({ topic, partition }) => `${topic}/${partition}`).sort();
}

/** Reads into `seen` until it is closed. */
async function read(consumer, seen, work = () => {}) {
  for await (const message of consumer) {
    seen.push(`${message.partition}/${message.offset}`);
    await work(message);
    message.commit().catch((error) => assert.strictEqual(error.code, 'lost'));
  }
}

for (const options of [EARLIEST, UNORDERED]) {
  test(`two members share partitions out; ordering ${options.ordering ?? 'consumer'}`, async (t) => {
    const { session } = await start(t);
    const producer = session.producer();
    const told = [];
    let held;
    const first = session.consumer({
      group: 'shared',
      topics: ['orders'],
      onAssigned: (list) => told.push(['assigned', ...names(list)]),
      onRevoking: (list, left) => told.push(['revoking', ...names(list), left > 0]),
      async onRevoked(list) {
        told.push(['revoked', ...names(list)]);
        held = Date.now();
        await later(300);
        told.push(['released']);
      },
    }, { ...options, 'partition.assignment.strategy': 'range' });
    const seen = [];
    const reading = [read(first, seen)];
    await until(() => told.length === 1);
    for (let k = 0; k < 30; ++k) await producer.send({ topic: 'orders', value: String(k), partition: k % 3 });

    let joined;
    const second = session.consumer({ group: 'shared', topics: ['orders'], onAssigned: (list) => {
      if (list.length > 0) joined = Date.now();
    } }, options);
    reading.push(read(second, seen));
    await until(() => joined !== undefined && first.partitions.length > 0);
    assert.ok(joined - held >= 290, 'the group waits for the promise of onRevoked');
    assert.deepStrictEqual(told.slice(0, 4), [
      ['assigned', 'orders/0', 'orders/1', 'orders/2'],
      ['revoking', 'orders/0', 'orders/1', 'orders/2', true],
      ['revoked', 'orders/0', 'orders/1', 'orders/2'],
      ['released'],
    ]);
    assert.deepStrictEqual(names([...first.partitions, ...second.partitions]), ['orders/0', 'orders/1', 'orders/2']);
    assert.strictEqual(first.group.state, 'stable');
    assert.deepStrictEqual(names(first.group.owned), names(first.partitions));

    for (let k = 30; k < 60; ++k) await producer.send({ topic: 'orders', value: String(k), partition: k % 3 });
    await until(() => seen.length >= 60);
    await second.close();
    await until(() => first.partitions.length === 3);
    await first.close();
    await Promise.all(reading);
    assert.strictEqual(new Set(seen).size, 60);
    assert.strictEqual(seen.length, 60);
  });
}

test('messages that waited are not handed out once their partition has gone', async (t) => {
  const { session } = await start(t);
  await session.producer().sendBatch('orders', Array.from({ length: 300 }, (_, k) => ({ key: String(k), value: 'x' })));
  // One message is worked on for longer than a revocation waits.
  const seen = [];
  const lost = [];
  const slow = { ...UNORDERED, 'revoke.timeout.ms': 200 };
  const first = session.consumer({ group: 'slow', topics: ['orders'] }, slow);
  const reading = (async () => {
    for await (const message of first) {
      seen.push(`${message.partition}/${message.offset}`);
      if (seen.length === 1) await until(() => first.partitions.length > 0 && first.partitions.length < 3);
      await message.commit().catch((error) => lost.push(error.code));
    }
  })();
  await until(() => seen.length === 1);
  const others = [];
  const second = session.consumer({ group: 'slow', topics: ['orders'] }, slow);
  const readingToo = read(second, others);
  await until(() => new Set([...seen, ...others]).size === 300);
  await Promise.all([first.close(), second.close()]);
  await Promise.all([reading, readingToo]);
  assert.ok(others.length > 0);
  // What the first one had in its hand is the only message that two of them saw.
  assert.ok(seen.length + others.length <= 301, `${seen.length} and ${others.length}`);
  assert.ok(lost.every((code) => code === 'lost'), lost.join());
});

test('a seek in onAssigned wins over the stored offset', async (t) => {
  const { session } = await start(t);
  await session.producer().sendBatch('orders', ['0', '1', '2', '3'], { partition: 0 });
  const consumer = session.consumer({
    group: 'seeking',
    topics: ['orders'],
    onAssigned: () => consumer.seek({ topic: 'orders', partition: 0, offset: 2 }),
  }, EARLIEST);
  for await (const message of consumer) {
    assert.strictEqual(message.offset, 2);
    break;
  }
});

test('patterns, other topics, a rebalance', async (t) => {
  const { session } = await start(t, '--topic', 'payments:1', '--topic', 'other:1');
  let assigned = [];
  let times = 0;
  const consumer = session.consumer({ group: 'patterns', pattern: /orders|pay.*/, onAssigned: (list) => {
    assigned = names(list);
    ++times;
  } }, EARLIEST);
  const reading = read(consumer, []);
  await until(() => assigned.length === 4);
  consumer.subscribe({ topics: ['other'] });
  await until(() => assigned.join() === 'other/0');
  const before = times;
  consumer.rebalance('because I can');
  await until(() => times > before || consumer.group.generation > 2);
  assert.throws(() => consumer.subscribe({ topics: [] }), /topics must be/);
  await consumer.close();
  await reading;
});

test('what is lost is told with its reason', async (t) => {
  const { broker, session } = await start(t);
  let why;
  let lost;
  const consumer = session.consumer({ group: 'losing', topics: ['orders'], onLost: (list, error) => {
    lost = names(list);
    why = error;
  } }, EARLIEST);
  const reading = read(consumer, []);
  await until(() => consumer.partitions.length === 3);
  const other = openSession(t, broker.address);
  const { members } = await other.groups.describe('losing');
  await other.groups.removeMembers('losing', { memberIds: [members[0].member_id], reason: 'test' });
  await until(() => lost !== undefined);
  assert.deepStrictEqual(lost, ['orders/0', 'orders/1', 'orders/2']);
  assert.strictEqual(why.name, 'KafkaError');
  await until(() => consumer.partitions.length === 3);
  await consumer.close();
  await reading;
});

test('administration: list, describe, lag, offsets, reset, delete', async (t) => {
  const { session } = await start(t);
  const { groups } = session;
  await session.producer().sendBatch('orders', ['0', '1', '2', '3'], { partition: 0 });
  const place = { topic: 'orders', partition: 0 };
  await groups.commit('stored', [{ ...place, offset: 1, metadata: 'here' }]);
  const [stored] = await groups.offsets('stored', [place]);
  assert.deepStrictEqual([stored.offset, stored.metadata], [1, 'here']);
  assert.deepStrictEqual((await groups.lag('stored')).map(({ lag }) => lag), [3]);
  await groups.reset('stored', [place], 'latest');
  assert.strictEqual((await groups.offsets('stored', [place]))[0].offset, 4);
  assert.ok((await groups.list()).groups.some(({ name }) => name === 'stored'));
  assert.deepStrictEqual((await groups.describe('stored')).groups.map(({ state }) => state), ['Empty']);
  await groups.deleteOffsets('stored', [place]);
  assert.strictEqual((await groups.offsets('stored', [place]))[0].offset, -1);
  await groups.delete('stored');
  await assert.rejects(groups.delete('stored'), (error) => {
    assert.strictEqual(error.code, 'group_id_not_found');
    assert.strictEqual(error.result.groups.length, 1);
    return true;
  });
  assert.throws(() => groups.offsets('stored', [{ topic: 'orders' }]), /partitions\[0\]\.partition must be a whole number/);
});
