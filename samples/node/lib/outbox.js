'use strict';
// Single records, packed one behind the other until the end of this piece of work. record.hpp of the addon tells how.

const { wrong } = require('./check');
const { SingleGroup } = require('./outcomes');

const NUMBERS = 5; // of a record
const MOST_RECORDS = 1024;
const MOST_BYTES = 128 * 1024; // a larger record has bytes of its own

/** At most how many bytes it takes. */
function room(value) {
  return typeof value === 'string' ? value.length * 3 : value.length;
}

class Outbox {
  #records = MOST_RECORDS;
  #numbers = new Int32Array(NUMBERS * MOST_RECORDS);
  #times = new Float64Array(MOST_RECORDS);
  #own = Buffer.allocUnsafeSlow(MOST_BYTES);
  #bytes = this.#own;
  #used = 0;
  #count = 0;
  #group = undefined;

  get empty() {
    return this.#count === 0;
  }
  /** Whether it has to be taken out before this record comes. */
  full(record) {
    if (this.#count === this.#records) return true;
    return this.#count > 0 && this.#used + this.#size(record) > this.#bytes.length;
  }
  /** @return a new group of outcomes, or undefined if the record belongs to the one before */
  add(record, topic, token, resolve, reject) {
    const size = this.#size(record);
    if (this.#used + size > this.#bytes.length) this.#bytes = Buffer.allocUnsafeSlow(size);
    const fresh = this.#count === 0;
    if (fresh) this.#group = new SingleGroup(token);
    const at = this.#count * NUMBERS;
    const numbers = this.#numbers;
    numbers[at] = topic;
    numbers[at + 1] = record.partition ?? -1;
    numbers[at + 2] = this.#write(record.key);
    numbers[at + 3] = this.#write(record.value);
    numbers[at + 4] = record.headers === undefined ? 0 : this.#writeHeaders(record.headers);
    this.#times[this.#count] = record.timestamp ?? 0;
    ++this.#count;
    this.#group.add(record.topic, resolve, reject);
    return fresh ? this.#group : undefined;
  }
  /** What is in it, which is only valid until the next record is added. */
  take() {
    const taken = {
      numbers: this.#numbers.subarray(0, this.#count * NUMBERS),
      times: this.#times.subarray(0, this.#count),
      bytes: this.#bytes.subarray(0, this.#used),
      group: this.#group,
    };
    this.#bytes = this.#own;
    this.#used = 0;
    this.#count = 0;
    return taken;
  }

  #size({ key, value, headers }) {
    let size = (key === undefined || key === null ? 0 : room(key)) +
      (value === undefined || value === null ? 0 : room(value));
    if (headers !== undefined) {
      for (const [name, text] of headers) {
        size += 8 + room(name) + (text === null || text === undefined ? 0 : room(text));
      }
    }
    return size;
  }
  /** @return how many bytes it is; -1: null */
  #write(value) {
    if (value === undefined || value === null) return -1;
    const at = this.#used;
    if (typeof value === 'string') {
      this.#used += this.#bytes.write(value, at);
    } else {
      this.#bytes.set(value, at);
      this.#used += value.length;
    }
    return this.#used - at;
  }
  #writeHeaders(headers) {
    for (const [name, text] of headers) {
      const at = this.#used;
      this.#used += 8;
      // In the machine's order.
      const lengths = new Int32Array([this.#write(name), this.#write(text)]);
      this.#bytes.set(new Uint8Array(lengths.buffer), at);
    }
    return headers.length;
  }
}

/** Headers of a record as a list of [name, value]: an object, a Map or such a list. */
function headerList(headers) {
  let list;
  if (Array.isArray(headers)) list = headers;
  else if (headers instanceof Map) list = [...headers];
  else if (headers !== null && typeof headers === 'object') list = Object.entries(headers);
  else throw wrong('headers', 'an object, a Map or a list of [name, value]', headers);
  for (const each of list) {
    if (!Array.isArray(each) || typeof each[0] !== 'string') throw wrong('headers', 'a list of [name, value]', each);
    if (!isBytes(each[1])) throw wrong(`headers: ${each[0]}`, 'a string, a Buffer or null', each[1]);
  }
  return list;
}

function isBytes(value) {
  return typeof value === 'string' || value === undefined || value === null || value instanceof Uint8Array;
}

module.exports = { NUMBERS, Outbox, headerList, isBytes };
