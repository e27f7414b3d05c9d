'use strict';
// Records on their way into the library. Each parcel is given in as far as it is taken: `give(addon, outcomes)` is false
// while the library has no room.

const { NUMBERS } = require('./outbox');

const QUEUE_FULL = -1004;
const CLOSED = -1000;

/** The first record that is left was refused, and all of them if the producer is closed: they fail. @return how many */
function fail(addon, outcomes, { group, given }) {
  const count = addon.refusedCode() === CLOSED ? group.count - given : 1;
  outcomes.run(group.first + given, count, -1, -1, -1, 0, addon.refusedError());
  return count;
}

/** Single records, as an outbox packed them. */
class Singles {
  constructor(taken) {
    this.numbers = taken.numbers;
    this.times = taken.times;
    this.bytes = taken.bytes;
    this.group = taken.group;
    this.given = 0;
  }
  give(addon, outcomes) {
    while (this.times.length > 0) {
      const taken = addon.send(this.numbers, this.times, this.bytes, this.group.first + this.given);
      if (taken === this.times.length) return true;
      this.#pass(taken);
      if (addon.refusedCode() === QUEUE_FULL) return false;
      this.#pass(fail(addon, outcomes, this));
    }
    return true;
  }
  /** The outbox will use its memory again. */
  keep() {
    this.numbers = this.numbers.slice();
    this.times = this.times.slice();
    this.bytes = Buffer.from(this.bytes);
  }
  #pass(count) {
    let bytes = 0;
    for (let k = 0; k < count; ++k) bytes += this.#bytesOf(k * NUMBERS, bytes);
    this.numbers = this.numbers.subarray(count * NUMBERS);
    this.times = this.times.subarray(count);
    this.bytes = this.bytes.subarray(bytes);
    this.given += count;
  }
  #bytesOf(at, start) {
    let bytes = Math.max(this.numbers[at + 2], 0) + Math.max(this.numbers[at + 3], 0);
    const lengths = new Int32Array(2);
    for (let k = 0; k < this.numbers[at + 4]; ++k) {
      new Uint8Array(lengths.buffer).set(this.bytes.subarray(start + bytes, start + bytes + 8));
      bytes += 8 + lengths[0] + Math.max(lengths[1], 0);
    }
    return bytes;
  }
}

/** A batch of one topic. */
class Packed {
  constructor(group, topic, partition, { keys, values }) {
    this.group = group;
    this.topic = topic;
    this.partition = partition;
    this.keys = keys;
    this.values = values;
    this.given = 0;
  }
  give(addon, outcomes) {
    const { keys, values, group } = this;
    while (this.given < group.count) {
      this.given += addon.sendPacked(this.topic, this.partition, keys?.bytes, keys?.ends, values.bytes, values.ends,
        this.given, group.first + this.given);
      if (this.given === group.count) return true;
      if (addon.refusedCode() === QUEUE_FULL) return false;
      this.given += fail(addon, outcomes, this);
    }
    return true;
  }
  keep() {}
}

/** Parcels in their order. They wait behind the first one that the library has no room for. */
class Parcels {
  #addon;
  #outcomes;
  #waiting = [];
  #forRoom = [];

  constructor(addon, outcomes) {
    this.#addon = addon;
    this.#outcomes = outcomes;
  }
  /** Whether one waits. */
  get wait() {
    return this.#waiting.length > 0;
  }
  push(parcel) {
    if (this.#waiting.length === 0 && parcel.give(this.#addon, this.#outcomes)) return;
    parcel.keep();
    this.#waiting.push(parcel);
  }
  /** The library has room again. */
  proceed() {
    const waiting = this.#waiting;
    let given = 0;
    while (given < waiting.length && waiting[given].give(this.#addon, this.#outcomes)) ++given;
    waiting.splice(0, given);
    if (waiting.length > 0) return;
    for (const resolve of this.#forRoom.splice(0)) resolve();
  }
  /** A promise that nothing waits. */
  room() {
    if (this.#waiting.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#forRoom.push(resolve));
  }
  /** Nothing more is taken: what waits fails. */
  fail(error) {
    for (const { group, given } of this.#waiting.splice(0)) {
      this.#outcomes.run(group.first + given, group.count - given, -1, -1, -1, 0, error);
    }
    for (const resolve of this.#forRoom.splice(0)) resolve();
  }
}

module.exports = { Packed, Parcels, Singles };
