'use strict';
// `npm install` of this package: builds the addon in build/ with meson. A uvkafka-embed that pkg-config finds is linked;
// otherwise the library is built first, which takes some minutes.
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

function run(program, ...words) {
  console.log(`> ${program} ${words.join(' ')}`);
  try {
    execFileSync(program, words, { cwd: __dirname, stdio: 'inherit' });
  } catch (error) {
    const why = error.code === 'ENOENT' ? `${program} is not installed` : `it ended with status ${error.status}`;
    console.error(`uvkafka was not built: ${why}. ${path.join(__dirname, 'install.sh')} installs what is missing.`);
    process.exit(1);
  }
}

const again = fs.existsSync(path.join(__dirname, 'build', 'build.ninja')) ? ['--reconfigure'] : [];
run('meson', 'setup', 'build', '--buildtype=release', ...again);
run('ninja', '-C', 'build', 'addon/uvkafka.node');
require('./lib/index.js');
console.log('uvkafka is built, and this Node loads it.');
