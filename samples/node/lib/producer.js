'use strict';

const addon = require('./addon');
const { optionPairs, text, whole, wrong } = require('./check');
const { packBatch } = require('./columns');
const { Outbox, headerList, isBytes } = require('./outbox');
const { BatchGroup, Outcomes } = require('./outcomes');
const { within } = require('./within');
const { Packed, Parcels, Singles } = require('./parcel');

const CLOSED = -1000;
const RUN = 7; // numbers of a run of reports
const MOST_RUNS = 512;

class Producer {
  #native;
  #closing = undefined;
  #forget;
  #topics = new Map(); // name -> its index in the addon
  #token = 1;
  #outbox = new Outbox();
  #outcomes = new Outcomes();
  #parcels;
  #runs = new Float64Array(RUN * MOST_RUNS);
  #deliveryTimeout;
  #due = false;
  #takeOut = () => {
    this.#due = false;
    this.#empty();
  };

  /** Made by session.producer(). */
  constructor(session, options, forget) {
    this.#forget = forget;
    const pairs = optionPairs('options of the producer', options);
    this.#deliveryTimeout = Number(options?.['delivery.timeout.ms'] ?? 120000);
    this.#native = new addon.Producer(session, pairs, (...told) => this.#told(...told), this.#runs);
    this.#parcels = new Parcels(this.#native, this.#outcomes);
  }

  send(record) {
    return new Promise((resolve, reject) => {
      if (record === null || typeof record !== 'object') throw wrong('record', 'an object {topic, value}', record);
      const topic = this.#topic(record.topic);
      if (!isBytes(record.key)) throw wrong('key', 'a string, a Buffer or null', record.key);
      if (!isBytes(record.value)) throw wrong('value', 'a string, a Buffer or null', record.value);
      if (record.partition !== undefined) whole('partition', record.partition, -1);
      if (record.timestamp !== undefined) whole('timestamp', record.timestamp);
      if (record.headers !== undefined) record = { ...record, headers: headerList(record.headers) };
      this.#refuseIfClosed();
      if (this.#outbox.full(record)) this.#empty();
      const group = this.#outbox.add(record, topic, this.#token++, resolve, reject);
      if (group !== undefined) this.#outcomes.add(group);
      if (this.#due) return;
      this.#due = true;
      process.nextTick(this.#takeOut);
    });
  }

  sendBatch(topic, batch, { partition = -1 } = {}) {
    return new Promise((resolve, reject) => {
      whole('partition', partition, -1);
      const index = this.#topic(topic);
      const columns = packBatch('batch', batch);
      this.#refuseIfClosed();
      const count = columns.values.ends.length;
      const group = new BatchGroup(this.#token, topic, count, resolve, reject);
      if (count === 0) return resolve(group.result);
      this.#empty();
      this.#token += count;
      this.#outcomes.add(group);
      this.#parcels.push(new Packed(group, index, partition, columns));
    });
  }

  /** Of the session: whether records wait for room. What was sent in this piece of work is given to the library first. */
  get waits() {
    this.#empty();
    return this.#parcels.wait;
  }

  /** A promise that there is room for more. It never fails. */
  room() {
    this.#empty();
    return this.#parcels.room();
  }

  async flush() {
    await this.room();
    if (this.#closing === undefined) await this.#native.flush();
  }

  /** Gives up every record without an outcome. */
  abort() {
    this.#empty();
    this.#parcels.fail(addon.makeError(-1001));
    if (this.#closing === undefined) this.#native.abort();
  }

  /** Records that the library holds without an outcome. */
  get queued() {
    return this.#closing === undefined ? this.#native.queued() : 0;
  }

  close({ deadline = -1 } = {}) {
    this.#closing ??= this.#close(deadline);
    return this.#closing;
  }

  async #close(deadline) {
    if (this.waits) await within(deadline < 0 ? this.#deliveryTimeout : deadline, this.#parcels.room());
    try {
      await this.#native.close(deadline);
    } finally {
      this.sessionClosed();
      this.#forget(this);
    }
  }

  /** Of the session: it is closed, and everything has its outcome. */
  sessionClosed() {
    this.#closing ??= Promise.resolve();
    this.#parcels.fail(addon.makeError(CLOSED));
    this.#native.free();
  }

  #refuseIfClosed() {
    if (this.#closing !== undefined) throw addon.makeError(CLOSED);
  }

  #topic(name) {
    let index = this.#topics.get(name);
    if (index === undefined) {
      this.#refuseIfClosed();
      index = this.#native.topic(text('topic', name));
      this.#topics.set(name, index);
    }
    return index;
  }

  #empty() {
    if (!this.#outbox.empty) this.#parcels.push(new Singles(this.#outbox.take()));
  }

  #told(count, errors, drained) {
    const runs = this.#runs;
    for (let k = 0; k < count; ++k) {
      const at = k * RUN;
      this.#outcomes.run(runs[at], runs[at + 1], runs[at + 2], runs[at + 3], runs[at + 4], runs[at + 6],
        errors?.[k]);
    }
    if (drained) this.#parcels.proceed();
  }
}

module.exports = { Producer };
