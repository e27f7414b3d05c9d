'use strict';
// The in-memory broker in a process of its own, and a session to it, for one test. UVKAFKA_PROGRAM is the program.
const { spawn } = require('node:child_process');
const path = require('node:path');

const { Session } = require('..');

const PROGRAM = process.env.UVKAFKA_PROGRAM || path.join(__dirname, '..', '..', '..', 'build', 'samples', 'uvkafka');

/** Starts a broker that ends with the test. Returns its address, and how to end it earlier. */
function startBroker(t, ...words) {
  return new Promise((resolve, reject) => {
    const child = spawn(PROGRAM, ['broker', '--port', '0', ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
    t.after(() => child.kill('SIGKILL'));
    child.on('error', reject);
    child.on('exit', (status) => reject(new Error(`the broker ended with status ${status}`)));
    let said = '';
    child.stdout.on('data', (text) => {
      said += text;
      const address = /127\.0\.0\.1:\d+/.exec(said)?.[0];
      if (address !== undefined) resolve({ address, kill: () => child.kill('SIGKILL') });
    });
  });
}

/** A session that is closed with the test. */
function openSession(t, address, options = {}) {
  const session = new Session({ 'bootstrap.servers': address, ...options });
  t.after(() => session.close({ deadline: 1000 }));
  return session;
}

/** A broker with the topic `orders`, and a session to it. */
async function start(t, ...words) {
  const broker = await startBroker(t, '--topic', 'orders:3', ...words);
  return { broker, session: openSession(t, broker.address) };
}

module.exports = { PROGRAM, openSession, start, startBroker };
