'use strict';
// Nothing here holds the session or the producer while records are under way. The garbage collector runs all the time.
const { Session } = require('../..');

function send(options, count) {
  const session = new Session({ 'bootstrap.servers': process.argv[2] });
  const producer = session.producer(options);
  const outcomes = Array.from({ length: count }, () => producer.send({ topic: 'orders', value: 'x' }));
  return [outcomes, () => session.close({ deadline: 0 })];
}

async function main() {
  const timer = setInterval(gc, 1);
  const [outcomes] = send({ 'linger.ms': 100 }, 100).slice(0, 1);
  console.log(`delivered ${(await Promise.all(outcomes)).length}`);
  const [pending, close] = send({ 'linger.ms': 60000 }, 2);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const settled = Promise.allSettled(pending);
  await close();
  console.log((await settled).map(({ reason }) => reason?.code).join(' '));
  clearInterval(timer);
  process.exit(0);
}
main();
