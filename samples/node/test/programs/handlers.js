'use strict';
// Every handler throws once; messages come all the same.
const { Session } = require('../..');

let left = 4;
process.on('uncaughtException', (error) => {
  console.log(`caught: ${error.message}`);
  --left;
});
const thrown = new Set();
function throwOnce(where) {
  if (thrown.has(where)) return;
  thrown.add(where);
  throw new Error(where);
}

async function main() {
  const session = new Session({ 'bootstrap.servers': process.argv[2] });
  session.setLogLevel('debug');
  session.on('event', () => throwOnce('in the event listener'));
  session.on('log', () => throwOnce('in the log listener'));
  const producer = session.producer();
  await producer.sendBatch('orders', ['0', '1'], { partition: 0 });
  const consumer = session.consumer({
    group: 'handlers',
    topics: ['orders'],
    onAssigned: () => throwOnce('in onAssigned'),
    onPartitionEnd: () => throwOnce('in onPartitionEnd'),
  }, { 'auto.offset.reset': 'earliest' });
  for await (const message of consumer) {
    console.log(`message ${message.text}`);
    await message.commit();
    if (message.offset === 1) break;
  }
  while (left > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  await session.close();
}
main();
