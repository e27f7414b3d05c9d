'use strict';

/** One message of a batch, open until it is answered. */
class Message {
  #batch;
  #answers;
  #k;

  constructor(batch, answers, k) {
    this.#batch = batch;
    this.#answers = answers;
    this.#k = k;
  }
  get topic() {
    return this.#batch.topic(this.#k);
  }
  get partition() {
    return this.#batch.partitions[this.#k];
  }
  get offset() {
    return this.#batch.offsets[this.#k];
  }
  get timestamp() {
    return this.#batch.timestamps[this.#k];
  }
  get key() {
    return this.#batch.key(this.#k);
  }
  get value() {
    return this.#batch.value(this.#k);
  }
  /** The value as a string; null for a tombstone. */
  get text() {
    return this.#batch.text(this.#k);
  }
  get headers() {
    return this.#batch.headers(this.#k);
  }
  commit(metadata) {
    return this.#answers.commit(this.#k, metadata);
  }
  ack() {
    this.#answers.ack(this.#k);
  }
  toJSON() {
    const { topic, partition, offset, timestamp } = this;
    return { topic, partition, offset, timestamp, key: this.key?.toString() ?? null, value: this.text };
  }
}

module.exports = { Message };
