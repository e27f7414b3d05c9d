'use strict';
// Prints the folder of <node_api.h>: that of npm's nodedir, of this Node's own installation, or of the system.
const fs = require('node:fs');
const path = require('node:path');

const roots = [
  process.env.npm_config_nodedir,
  path.join(path.dirname(fs.realpathSync(process.execPath)), '..'),
  '/usr',
  '/usr/local',
];
const folders = roots.filter(Boolean).map((root) => path.join(root, 'include', 'node'));
const found = folders.find((folder) => fs.existsSync(path.join(folder, 'node_api.h')));

if (found === undefined) {
  console.error(`node_api.h is in none of ${[...new Set(folders)].join(', ')}: install Node's headers (libnode-dev), or ` +
    'say where they are: npm install --nodedir=FOLDER');
  process.exit(1);
}
console.log(found);
