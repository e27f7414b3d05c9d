'use strict';

const addon = require('./addon');
const { KafkaError } = require('./error');
const { Session } = require('./session');

const KINDS = ['session', 'producer', 'consumer'];

/** What options there are. */
function describeOptions(kind) {
  const number = KINDS.indexOf(kind);
  if (number < 0) throw new TypeError(`kind must be one of ${KINDS.join(', ')}, not ${kind}`);
  return addon.describeOptions(number);
}

module.exports = { KafkaError, Session, describeOptions, version: addon.version };
