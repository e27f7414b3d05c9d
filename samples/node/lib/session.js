'use strict';

const { EventEmitter } = require('node:events');

const addon = require('./addon');
const { offset, optionPairs, places, texts, whole, wrong } = require('./check');
const { Consumer } = require('./consumer');
const { Groups, answer } = require('./groups');
const { Producer } = require('./producer');
const { within } = require('./within');

const CLOSED = -1000;
const LOG_LEVELS = ['trace', 'debug', 'info', 'warning', 'error', 'off'];

/** One cluster, on Node's own loop. */
class Session extends EventEmitter {
  #native;
  #closing = undefined;
  #closed = false;
  #objects = new Set();
  #closeTimeout;
  #forget = (object) => this.#objects.delete(object);

  constructor(options) {
    super();
    this.#native = new addon.Session(optionPairs('options of the session', options));
    this.#native.setHandler((events, lines) => this.#told(events, lines));
    this.#closeTimeout = Number(options['close.timeout.ms'] ?? 30000);
    this.groups = new Groups(this.#native);
  }

  producer(options) {
    this.#refuseIfClosed();
    const made = new Producer(this.#native, options, this.#forget);
    this.#objects.add(made);
    return made;
  }

  consumer(source, options) {
    this.#refuseIfClosed();
    const made = new Consumer(this.#native, source, options, (event) => this.emit('event', event), this.#forget);
    this.#objects.add(made);
    return made;
  }

  /** Names of all topics. */
  async topics() {
    return (await answer(addon.topics(this.#native))).topics.map(({ name }) => name);
  }
  metadata(topics = [], { create = false } = {}) {
    const names = Array.isArray(topics) && topics.length === 0 ? [] : texts('topics', topics);
    return answer(addon.metadata(this.#native, names, create));
  }
  /** @param time milliseconds, 'earliest' or 'latest' */
  offsets(partitions, time) {
    return answer(addon.offsetsAt(this.#native, places('partitions', partitions), offset('time', time)));
  }

  stats() {
    return JSON.parse(this.#native.stats());
  }
  prometheus(prefix = 'uvkafka') {
    return this.#native.prometheus(prefix);
  }

  /** Lines of `level` and above become 'log' events; null: warnings and errors go to stderr. */
  setLogLevel(level) {
    const number = LOG_LEVELS.indexOf(level);
    if (level !== null && number < 0) throw wrong('level', `null or one of ${LOG_LEVELS.join(', ')}`, level);
    this.#native.setLog(level === null ? undefined : number);
  }

  ref() {
    if (!this.#closed) this.#native.ref();
    return this;
  }
  unref() {
    if (!this.#closed) this.#native.unref();
    return this;
  }

  close({ deadline = -1 } = {}) {
    this.#closing ??= this.#close(whole('deadline', deadline, -1));
    return this.#closing;
  }
  async #close(deadline) {
    // What waits for room in a producer is part of what is flushed.
    const full = [...this.#objects].filter((object) => object instanceof Producer && object.waits);
    if (full.length > 0) {
      await within(deadline < 0 ? this.#closeTimeout : deadline, Promise.all(full.map((object) => object.room())));
    }
    await this.#native.close(deadline);
    this.#closed = true;
    for (const object of this.#objects) object.sessionClosed();
    this.#objects.clear();
  }

  #refuseIfClosed() {
    if (this.#closing !== undefined) throw addon.makeError(CLOSED);
  }

  #told(events, lines) {
    for (const event of events) this.#emit('event', event);
    for (let k = 0; k < lines.length; k += 2) {
      this.#emit('log', { level: LOG_LEVELS[lines[k]], text: lines[k + 1] });
    }
  }
  /** What a listener throws becomes an uncaught exception; the others are called all the same. */
  #emit(name, value) {
    try {
      this.emit(name, value);
    } catch (error) {
      process.nextTick(() => {
        throw error;
      });
    }
  }
}

module.exports = { LOG_LEVELS, Session };
