'use strict';
// TLS with the OpenSSL that Node brings, beside Node's own use of it.
const assert = require('node:assert');
const path = require('node:path');
const test = require('node:test');
const { Worker } = require('node:worker_threads');

const { openSession, start } = require('./broker');
const { makeCertificates, startProxy } = require('./tls_proxy');

const PROGRAM = path.join(__dirname, 'programs', 'tls.js');

async function startSecure(t) {
  const certificates = makeCertificates(t);
  if (certificates === undefined) return t.skip('SKIPPED: openssl is not installed');
  const { broker } = await start(t);
  return { address: await startProxy(t, broker.address, certificates), certificates };
}

test('messages over TLS, while https of the same process and of workers is under load', async (t) => {
  const secure = await startSecure(t);
  if (secure === undefined) return;
  const { address, certificates } = secure;
  const workers = Array.from({ length: 2 }, (_, k) => new Promise((resolve, reject) => {
    const worker = new Worker(PROGRAM, { workerData: { address, certificates, partition: k + 1 } });
    worker.on('message', resolve);
    worker.on('error', reject);
    worker.on('exit', (status) => status !== 0 && reject(new Error(`exit status ${status}`)));
  }));
  const own = require(PROGRAM).run({ address, certificates, partition: 0 });
  for (const { messages, requests } of await Promise.all([own, ...workers])) {
    assert.strictEqual(messages, 3000);
    assert.ok(requests >= 10, `${requests} requests`);
  }
});

test('a certificate that cannot be verified: the error says which check failed, and https does not care', async (t) => {
  const secure = await startSecure(t);
  if (secure === undefined) return;
  const session = openSession(t, secure.address, { 'security.protocol': 'ssl' });
  session.setLogLevel('off');
  await assert.rejects(session.topics(), (error) => {
    assert.strictEqual(error.code, 'ssl_error');
    assert.match(error.message, /ssl\.ca\.location/);
    return true;
  });
  assert.throws(() => openSession(t, secure.address, { 'security.protocol': 'ssl', 'ssl.ca.location': '/nowhere.pem' }),
    (error) => error.code === 'invalid_option' && /\/nowhere\.pem/.test(error.message));
});
