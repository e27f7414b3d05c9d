'use strict';

const { Answers } = require('./answers');
const { MOST_BYTES, NULL } = require('./columns');
const { parseHeaders } = require('./headers');
const { Message } = require('./message');

/** Messages that came together, as columns. delivery.hpp of the addon tells how they lie in the Buffer. */
class Batch {
  #answers;
  #headerEnds = undefined;
  #headerCounts = undefined;
  #headers = undefined;

  constructor(native, [id, count, bytes, keyBytes, valueBytes, headerBytes, topics], whenDone) {
    this.#answers = new Answers(native, id, count, whenDone);
    this.count = count;
    this.topics = topics;
    const { buffer } = bytes;
    let at = bytes.byteOffset;
    this.offsets = new Float64Array(buffer, at, count);
    this.timestamps = new Float64Array(buffer, at += 8 * count, count);
    this.partitions = new Int32Array(buffer, at += 8 * count, count);
    this.topicIndexes = new Uint32Array(buffer, at += 4 * count, count);
    this.keyEnds = new Uint32Array(buffer, at += 4 * count, count);
    this.valueEnds = new Uint32Array(buffer, at += 4 * count, count);
    at += 4 * count;
    if (headerBytes > 0) {
      this.#headerEnds = new Uint32Array(buffer, at, count);
      this.#headerCounts = new Int32Array(buffer, at += 4 * count, count);
      at += 4 * count;
    }
    at -= bytes.byteOffset;
    this.keys = bytes.subarray(at, at += keyBytes);
    this.values = bytes.subarray(at, at += valueBytes);
    if (headerBytes > 0) this.#headers = bytes.subarray(at, at + headerBytes);
  }

  topic(k) {
    return this.topics[this.topicIndexes[k]];
  }
  key(k) {
    return bytesOf(this.keys, this.keyEnds, k);
  }
  value(k) {
    return bytesOf(this.values, this.valueEnds, k);
  }
  /** The value as a string, without a Buffer in between. */
  text(k) {
    const end = this.valueEnds[k];
    return end >= NULL ? null : this.values.utf8Slice(startOf(this.valueEnds, k), end);
  }
  headers(k) {
    if (this.#headers === undefined) return [];
    return parseHeaders(this.#headers, startOf(this.#headerEnds, k), this.#headerCounts[k]);
  }
  message(k) {
    return new Message(this, this.#answers, k);
  }
  *[Symbol.iterator]() {
    for (let k = 0; k < this.count; ++k) yield this.message(k);
  }

  /** Commits what is not answered of it. */
  commit(metadata) {
    return this.#answers.commitAll(metadata);
  }
  /** Moves on and stores nothing. */
  ack() {
    this.#answers.ackAll();
  }

  /** Of the consumption. */
  get answers() {
    return this.#answers;
  }
}

function startOf(ends, k) {
  return k === 0 ? 0 : ends[k - 1] & MOST_BYTES;
}
function bytesOf(bytes, ends, k) {
  const end = ends[k];
  return end >= NULL ? null : bytes.subarray(startOf(ends, k), end);
}

module.exports = { Batch };
