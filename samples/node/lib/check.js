'use strict';
// What is wrong with arguments, told before anything is done.

function show(value) {
  if (typeof value === 'string') return JSON.stringify(value);
  if (value !== null && typeof value === 'object') return value.constructor?.name ?? 'an object';
  return String(value);
}

function wrong(where, expected, value) {
  return new TypeError(`${where} must be ${expected}, not ${show(value)}`);
}

/** Options as the addon takes them: [name, value, name, value ...]. The library checks names and values. */
function optionPairs(where, options) {
  if (options === undefined || options === null) return [];
  if (typeof options !== 'object') throw wrong(where, 'an object of options by name', options);
  const pairs = [];
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (Array.isArray(value)) {
      pairs.push(name, value.join(','));
    } else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ||
        typeof value === 'bigint') {
      pairs.push(name, String(value));
    } else {
      throw wrong(`${where}: ${name}`, 'a string, a number, a flag or a list', value);
    }
  }
  return pairs;
}

function text(where, value) {
  if (typeof value !== 'string' || value === '') throw wrong(where, 'a string that is not empty', value);
  return value;
}

function texts(where, value) {
  const list = typeof value === 'string' ? [value] : value;
  if (!Array.isArray(list) || list.length === 0) throw wrong(where, 'a string or a list of strings', value);
  return list.map((each, k) => text(`${where}[${k}]`, each));
}

/** A whole number from `least` on. */
function whole(where, value, least = 0) {
  if (!Number.isSafeInteger(value) || value < least) throw wrong(where, `a whole number from ${least} on`, value);
  return value;
}

/** Offsets may be numbers or bigints; 'earliest' and 'latest' are Kafka's -2 and -1. */
function offset(where, value) {
  if (value === 'earliest') return -2;
  if (value === 'latest') return -1;
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (!Number.isSafeInteger(number) || number < -2) throw wrong(where, "an offset, 'earliest' or 'latest'", value);
  return number;
}

/** Places: [{topic, partition, offset?, timestamp?, metadata?, leaderEpoch?}]. */
function places(where, value) {
  const list = Array.isArray(value) ? value : [value];
  return list.map((each, k) => {
    const at = `${where}[${k}]`;
    if (each === null || typeof each !== 'object') throw wrong(at, 'an object {topic, partition}', each);
    const place = { topic: text(`${at}.topic`, each.topic), partition: whole(`${at}.partition`, each.partition) };
    if (each.offset !== undefined) place.offset = offset(`${at}.offset`, each.offset);
    if (each.timestamp !== undefined) place.timestamp = Number(each.timestamp);
    if (each.metadata !== undefined) place.metadata = String(each.metadata);
    if (each.leaderEpoch !== undefined) place.leaderEpoch = each.leaderEpoch;
    return place;
  });
}

function handler(where, value) {
  if (value !== undefined && typeof value !== 'function') throw wrong(where, 'a function', value);
  return value;
}

module.exports = { handler, offset, optionPairs, places, text, texts, whole, wrong };
