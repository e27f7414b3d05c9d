'use strict';

const addon = require('./addon');
const { handler, offset, optionPairs, places, text, texts, whole, wrong } = require('./check');
const { Consumption } = require('./consumption');

const CLOSED = -1000;
const DEFAULT_MAX = 500;
const LEAVING = { undefined: 0, true: 1, false: 2 };
const HANDLERS = ['onAssigned', 'onRevoking', 'onRevoked', 'onLost', 'onPartitionEnd', 'onEvent'];
const SOURCES = ['group', 'topics', 'pattern', 'partitions', 'allPartitions'];

/** What is thrown there becomes an uncaught exception, and what called it goes on. */
function guarded(call) {
  try {
    return call();
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
    return undefined;
  }
}

/** What a consumer reads, checked. */
function sourceOf(source) {
  if (source === null || typeof source !== 'object') {
    throw wrong('source', 'an object with topics, pattern, partitions or allPartitions', source);
  }
  for (const name of Object.keys(source)) {
    if (!SOURCES.includes(name) && !HANDLERS.includes(name)) throw new TypeError(`source: there is no ${name}`);
  }
  const given = SOURCES.slice(1).filter((name) => source[name] !== undefined);
  if (given.length !== 1) {
    throw new TypeError(`source: one of topics, pattern, partitions and allPartitions is needed, not ${
      given.length === 0 ? 'none' : given.join(' and ')}`);
  }
  const checked = {};
  if (source.group !== undefined) checked.group = text('group', source.group);
  if (source.topics !== undefined) checked.topics = texts('topics', source.topics);
  if (source.allPartitions !== undefined) checked.allPartitions = texts('allPartitions', source.allPartitions);
  if (source.pattern !== undefined) checked.pattern = patternOf(source.pattern);
  if (source.partitions !== undefined) checked.partitions = places('partitions', source.partitions);
  if (checked.group === undefined && (checked.topics ?? checked.pattern) !== undefined) {
    throw new TypeError('source: topics and pattern need a group; without one there are partitions and allPartitions');
  }
  return checked;
}

function patternOf(pattern) {
  if (!(pattern instanceof RegExp)) return text('pattern', pattern);
  if (pattern.flags.replace('u', '') !== '') throw wrong('pattern', 'without flags', pattern.flags);
  return pattern.source;
}

class Consumer {
  #native;
  #handlers;
  #sessionEvent;
  #forget;
  #consumption = undefined;
  #unordered;
  #maxOpen;
  #closing = undefined;

  /** Made by session.consumer(). */
  constructor(session, source, options, sessionEvent, forget) {
    this.#sessionEvent = sessionEvent;
    this.#forget = forget;
    const checked = sourceOf(source);
    this.#handlers = Object.fromEntries(HANDLERS.map((name) => [name, handler(name, source[name])]));
    const pairs = optionPairs('options of the consumer', options);
    this.#unordered = String(options?.ordering).toLowerCase() === 'unordered';
    this.#maxOpen = Number(options?.['max.open'] ?? 1000);
    this.#native = new addon.Consumer(session, pairs, checked,
      (...told) => this.#consumption?.told(...told),
      (what, value, more) => this.#heard(what, value, more));
  }

  /** Messages one by one. */
  [Symbol.asyncIterator]() {
    return this.#consume(true, this.#unordered ? 'columns' : 'messages', Math.min(DEFAULT_MAX, this.#maxOpen));
  }

  /** Messages as they come together, at most `max` of them. */
  batches({ max = 1000 } = {}) {
    return this.#consume(false, this.#unordered ? 'columns' : 'batches', whole('max', max, 1));
  }

  #consume(singly, what, max) {
    this.#refuseIfClosed();
    if (this.#consumption !== undefined) {
      throw new Error('the consumer is being read already: one loop at a time');
    }
    const consumption = new Consumption(this.#native, singly, () => {
      this.#consumption = undefined;
    });
    this.#native.consume(what, max);
    this.#consumption = consumption;
    return consumption;
  }

  /** Ends the loop when everything that was handed out is answered. */
  async stop() {
    if (this.#closing === undefined) await this.#native.stop();
  }

  pause(list) {
    this.#refuseIfClosed();
    this.#native.pause(list === undefined ? undefined : places('partitions', list));
  }
  resume(list) {
    this.#refuseIfClosed();
    this.#native.resume(list === undefined ? undefined : places('partitions', list));
  }
  seek(place) {
    this.#refuseIfClosed();
    const [checked] = places('place', place);
    if (place.timestamp === undefined) checked.offset = offset('place.offset', place.offset);
    this.#native.seek([checked]);
    this.#consumption?.lose([checked]);
  }
  position(topic, partition) {
    return this.#closing !== undefined ? -1 : this.#native.position(text('topic', topic), whole('partition', partition));
  }
  atEnd(topic, partition) {
    return this.#closing === undefined && this.#native.atEnd(text('topic', topic), whole('partition', partition));
  }
  get partitions() {
    if (this.#closing !== undefined) return [];
    return this.#native.partitions().map(({ topic, partition }) => ({ topic, partition }));
  }

  /** Other topics, or another pattern: the group shares partitions out anew. */
  subscribe({ topics, pattern }) {
    this.#refuseIfClosed();
    if (pattern !== undefined) this.#native.subscribePattern(patternOf(pattern));
    else this.#native.subscribe(texts('topics', topics));
  }
  rebalance(reason = '') {
    this.#refuseIfClosed();
    this.#native.rebalance(String(reason));
  }
  /** The member's place in its group. */
  get group() {
    this.#refuseIfClosed();
    const { member, owned } = JSON.parse(this.#native.group());
    return { ...member[0], owned };
  }

  close({ leave } = {}) {
    this.#closing ??= this.#close(LEAVING[leave] ?? 0);
    return this.#closing;
  }
  async #close(leaving) {
    try {
      await this.#native.close(leaving);
    } finally {
      this.sessionClosed();
      this.#forget(this);
    }
  }

  /** Of the session: it is closed, and the consumption has ended. */
  sessionClosed() {
    this.#closing ??= Promise.resolve();
    this.#native.free();
  }

  #refuseIfClosed() {
    if (this.#closing !== undefined) throw addon.makeError(CLOSED);
  }

  #heard(what, value, more) {
    const { onAssigned, onRevoking, onRevoked, onLost, onPartitionEnd, onEvent } = this.#handlers;
    if (what === 'revoked') return this.#revoked(value, more, onRevoked);
    if (what === 'lost') this.#consumption?.lose(value);
    const called = {
      assigned: () => onAssigned?.(plain(value)),
      revoking: () => onRevoking?.(plain(value), more),
      lost: () => onLost?.(plain(value), more),
      partitionEnd: () => onPartitionEnd?.(value),
      event: () => (onEvent ?? this.#sessionEvent)(value),
    }[what];
    guarded(called);
  }

  /** The group goes on when the handler, and the promise that it may return, are done. */
  #revoked(value, number, onRevoked) {
    this.#consumption?.lose(value);
    const release = () => this.#native.release(number);
    const result = guarded(() => onRevoked?.(plain(value)));
    if (typeof result?.then !== 'function') return release();
    // A rejection is nobody's but the process's.
    Promise.resolve(result).finally(release);
  }
}

function plain(list) {
  return list.map(({ topic, partition }) => ({ topic, partition }));
}

module.exports = { Consumer };
