'use strict';
// How programs end: in the middle of work, by exceptions, in workers, with a broker that is killed.
const assert = require('node:assert');
const { spawn } = require('node:child_process');
const path = require('node:path');
const test = require('node:test');
const { Worker } = require('node:worker_threads');

const { openSession, start, startBroker } = require('./broker');

const BUSY = path.join(__dirname, 'programs', 'busy.js');

/** Runs a program of this folder, for at most a minute. Returns its exit status, and what it said. */
function run(t, name, ...words) {
  return watch(t, () => {}, name, ...words);
}
/** The same; `heard` gets each piece of its output. */
function watch(t, heard, name, ...words) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--expose-gc', path.join(__dirname, 'programs', name), ...words],
      { timeout: 60000, killSignal: 'SIGKILL' });
    t.after(() => child.kill('SIGKILL'));
    const said = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr']) {
      child[stream].on('data', (text) => {
        said[stream] += text;
        heard(String(text));
      });
    }
    child.on('close', (status, signal) => resolve({ status: status ?? signal, ...said }));
  });
}

test('process.exit() in the middle of work ends at once, and cleanly', async (t) => {
  const { broker } = await start(t);
  const done = await run(t, 'busy.js', broker.address, 'exit');
  assert.deepStrictEqual(done, { status: 3, stdout: 'busy\n', stderr: '' });
});

test('a program whose session is closed ends by itself', async (t) => {
  const { broker } = await start(t);
  const done = await run(t, 'busy.js', broker.address, 'close');
  assert.deepStrictEqual(done, { status: 0, stdout: 'busy\nclosed\n', stderr: '' });
});

test('an unreferenced session does not keep the program alive', async (t) => {
  const { broker } = await start(t);
  const done = await run(t, 'busy.js', broker.address, 'unref');
  assert.deepStrictEqual(done, { status: 0, stdout: 'busy\n', stderr: '' });
});

test('an exception in a loop ends the program with its stack', async (t) => {
  const { broker } = await start(t);
  const done = await run(t, 'busy.js', broker.address, 'throw');
  assert.strictEqual(done.status, 1);
  assert.match(done.stderr, /Error: thrown in the loop[^]*busy\.js/);
});

test('an exception in a handler is an uncaught one, and what called it goes on', async (t) => {
  const { broker } = await start(t);
  const done = await run(t, 'handlers.js', broker.address);
  assert.strictEqual(done.stderr, '');
  assert.deepStrictEqual(done.stdout.trim().split('\n').sort(), ['caught: in onAssigned', 'caught: in onPartitionEnd',
    'caught: in the event listener', 'caught: in the log listener', 'message 0', 'message 1']);
  assert.strictEqual(done.status, 0);
});

const PLACES = ['send', 'outcome', 'commit', 'log', 'event', 'onAssigned', 'onPartitionEnd', 'onRevoked', 'closing'];

test('process.exit() ends at once, and cleanly, wherever it is called', async (t) => {
  for (const place of PLACES) {
    const { broker } = await start(t);
    const done = await run(t, 'places.js', broker.address, 'exit', place);
    assert.deepStrictEqual({ ...done, stdout: done.stdout.replace('busy\n', '') }, { status: 5, stdout: `at ${place}\n`, stderr: '' });
  }
});

test('an exception that nothing catches ends the program with its stack, wherever it is thrown', async (t) => {
  for (const place of PLACES) {
    const { broker } = await start(t);
    const { status, stderr } = await run(t, 'places.js', broker.address, 'throw', place);
    assert.match(stderr, new RegExp(`Error: thrown at ${place}\\n    at at [^]*places\\.js`));
    assert.strictEqual(status, 1);
  }
});

test('a program whose broker was killed exits, and throws, as any other', async (t) => {
  for (const [how, wanted] of [['exit', 5], ['throw', 1]]) {
    const { broker } = await start(t);
    const done = await watch(t, (text) => text.includes('busy') && broker.kill(), 'places.js', broker.address, how, 'dead');
    assert.strictEqual(done.status, wanted, done.stderr);
    assert.match(done.stdout, /^busy\nat dead\n$/);
    assert.strictEqual(done.stderr.includes('thrown at dead'), how === 'throw', done.stderr);
  }
});

test('workers whose broker was killed are terminated', async (t) => {
  const { broker } = await start(t);
  const workers = Array.from({ length: 3 }, () => new Worker(BUSY, { argv: [broker.address, 'stay'], stderr: true }));
  await Promise.all(workers.map((worker) => new Promise((resolve) => {
    worker.on('message', resolve);
  })));
  broker.kill();
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.deepStrictEqual(await Promise.all(workers.map((worker) => worker.terminate())), [1, 1, 1]);
});

test('workers that are terminated in the middle of work', async (t) => {
  const { broker } = await start(t);
  for (let round = 0; round < 3; ++round) {
    const workers = Array.from({ length: 3 }, () => new Worker(BUSY, { argv: [broker.address, 'stay'] }));
    await Promise.all(workers.map((worker) => new Promise((resolve, reject) => {
      worker.on('message', resolve);
      worker.on('error', reject);
    })));
    assert.deepStrictEqual(await Promise.all(workers.map((worker) => worker.terminate())), [1, 1, 1]);
  }
});

test('workers that exit, close and throw', async (t) => {
  const { broker } = await start(t);
  const end = (how) => new Promise((resolve) => {
    const worker = new Worker(BUSY, { argv: [broker.address, how], stdout: true, stderr: true });
    let thrown;
    worker.on('error', (error) => {
      thrown = error.message;
    });
    worker.on('exit', (status) => resolve([status, thrown]));
  });
  assert.deepStrictEqual(await Promise.all(['exit', 'close', 'throw'].map(end)),
    [[3, undefined], [0, undefined], [1, 'thrown in the loop']]);
});

test('a program that exits while its workers are busy', async (t) => {
  const { broker } = await start(t);
  const done = await run(t, 'parent.js', broker.address);
  assert.deepStrictEqual(done, { status: 0, stdout: 'all are busy\n', stderr: '' });
});

test('a killed broker that comes back costs time and nothing else', async (t) => {
  const { broker } = await start(t);
  const session = openSession(t, broker.address, { 'reconnect.backoff.max.ms': 200 });
  session.setLogLevel('off');
  const producer = session.producer({ 'delivery.timeout.ms': 30000 });
  await producer.send({ topic: 'orders', value: 'before' });
  broker.kill();
  const waiting = Array.from({ length: 100 }, (_, k) => producer.send({ topic: 'orders', value: String(k) }));
  await new Promise((resolve) => setTimeout(resolve, 300));
  await startBroker(t, '--port', broker.address.split(':')[1], '--topic', 'orders:3');
  assert.strictEqual((await Promise.all(waiting)).length, 100);
});

test('a session that nobody holds any more goes on; what is pending when it closes is rejected', async (t) => {
  const { broker } = await start(t);
  const done = await run(t, 'forgotten.js', broker.address);
  assert.deepStrictEqual(done, { status: 0, stdout: 'delivered 100\nclosed closed\n', stderr: '' });
});
