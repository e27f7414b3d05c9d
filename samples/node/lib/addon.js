'use strict';
// The addon of this environment (the program, or a worker). UVKAFKA_NODE_ADDON names another file, for tests.
const fs = require('node:fs');
const path = require('node:path');

const { KafkaError } = require('./error');

const file = path.resolve(process.env.UVKAFKA_NODE_ADDON || path.join(__dirname, '..', 'build', 'addon', 'uvkafka.node'));
if (!fs.existsSync(file)) {
  throw new Error(`uvkafka is not built: ${file} is missing. Run "npm install" in ${path.dirname(__dirname)}`);
}
const addon = require(file);
addon.setErrorMaker((...parts) => new KafkaError(...parts));

module.exports = addon;
