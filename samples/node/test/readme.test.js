'use strict';
// The first program of README.md, as it stands there.
const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');

const { startBroker } = require('./broker');

test('the program of README.md', async (t) => {
  const { address } = await startBroker(t, '--topic', 'orders:3');
  const text = fs.readFileSync(path.join(__dirname, '..', 'README.md'), 'utf8');
  const program = /```js\n([^]*?)```/.exec(text)[1].replace('127.0.0.1:9092', address);
  for (const [kind, from] of [['commonjs', "require('uvkafka')"], ['module', "import { Session } from 'uvkafka'"]]) {
    const source = program.replace(/^const \{ Session \} = .*$/m,
      kind === 'module' ? from.replace('uvkafka', path.join(__dirname, '../lib/index.mjs'))
        : `const { Session } = ${from.replace('uvkafka', path.join(__dirname, '..'))};`);
    const done = spawnSync(process.execPath, [`--input-type=${kind}`, '-e', source], { encoding: 'utf8', timeout: 60000 });
    assert.strictEqual(done.stderr, '');
    assert.match(done.stdout, /^stored in partition [012] at offset \d+\npaid\n$/);
  }
});
