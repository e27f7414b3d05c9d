'use strict';
// Starts workers, and exits when all are busy.
const path = require('node:path');
const { Worker } = require('node:worker_threads');

let busy = 0;
for (let k = 0; k < 3; ++k) {
  const worker = new Worker(path.join(__dirname, 'busy.js'), { argv: [process.argv[2], 'stay'], stdout: true });
  worker.on('message', () => {
    if (++busy < 3) return;
    console.log('all are busy');
    process.exit(0);
  });
}
