'use strict';
// Answers to the messages of a batch. Commits one after another are given to the library as one range, when this piece
// of work is done, and share one promise.

const addon = require('./addon');

const ALREADY_ANSWERED = -1012;
const LOST = -1013;

function ignore() {}

class Answers {
  #native;
  #id;
  #count;
  #left;
  #answered = undefined; // a flag for each message, once one of them was answered alone
  #range = undefined; // what is not given yet: {first, end, metadata, promise, resolve, reject}; acks have no promise
  #whenDone;
  #gone = false;

  constructor(native, id, count, whenDone) {
    this.#native = native;
    this.#id = id;
    this.#count = count;
    this.#left = count;
    this.#whenDone = whenDone;
  }

  /** Whether all are answered. */
  get done() {
    return this.#left === 0;
  }

  commit(k, metadata) {
    const refused = this.#take(k);
    if (refused !== undefined) return Promise.reject(refused);
    const range = this.#range;
    if (range !== undefined && range.promise !== undefined && range.end === k && range.metadata === metadata) {
      ++range.end;
      return range.promise;
    }
    const fresh = { first: k, end: k + 1, metadata, promise: undefined, resolve: undefined, reject: undefined };
    fresh.promise = new Promise((resolve, reject) => {
      fresh.resolve = resolve;
      fresh.reject = reject;
    });
    // Whoever does not wait for it hears of a failure all the same: it ends the consumption.
    fresh.promise.catch(ignore);
    this.#begin(fresh);
    return fresh.promise;
  }

  ack(k) {
    const refused = this.#take(k);
    if (refused !== undefined) throw refused;
    const range = this.#range;
    if (range !== undefined && range.promise === undefined && range.end === k) {
      ++range.end;
    } else {
      this.#begin({ first: k, end: k + 1, metadata: undefined, promise: undefined });
    }
  }

  /** Commits what is not answered. */
  commitAll(metadata) {
    this.#give();
    const outcomes = [];
    for (const [first, end] of this.#open()) outcomes.push(this.#commit(first, end, metadata));
    this.#allTaken();
    const outcome = outcomes.length === 1 ? outcomes[0] : Promise.all(outcomes).then(ignore);
    outcome.catch(ignore);
    return outcome;
  }

  ackAll() {
    this.#give();
    for (const [first, end] of this.#open()) this.#ack(first, end);
    this.#allTaken();
  }

  /** A message that others read now: it needs no answer. */
  skip(k) {
    this.#take(k);
    if (this.#left === 0) this.#schedule();
  }

  /** Gives the library what is not given yet. */
  flush() {
    this.#give();
    if (this.#left === 0) this.giveBack();
  }

  /** What is not answered by now goes back. */
  giveBack() {
    if (this.#gone) return;
    this.#gone = true;
    this.#native.giveBack(this.#id);
    this.#whenDone(this);
  }
  /** The consumption is over: what is not answered is lost. */
  end() {
    this.#give();
    this.giveBack();
  }

  #begin(range) {
    this.#give();
    this.#range = range;
    this.#schedule();
  }
  #give() {
    const range = this.#range;
    this.#range = undefined;
    if (range === undefined) return;
    if (range.promise === undefined) this.#ack(range.first, range.end);
    else this.#commit(range.first, range.end, range.metadata).then(range.resolve, range.reject);
  }
  #schedule() {
    process.nextTick(() => this.flush());
  }

  /** @return why it cannot be answered */
  #take(k) {
    if (this.#gone && (this.#left === 0 || this.#answered?.[k])) return addon.makeError(ALREADY_ANSWERED);
    if (this.#gone) return addon.makeError(LOST);
    if (this.#left === 0) return addon.makeError(ALREADY_ANSWERED);
    this.#answered ??= new Uint8Array(this.#count);
    if (this.#answered[k] === 1) return addon.makeError(ALREADY_ANSWERED);
    this.#answered[k] = 1;
    --this.#left;
    return undefined;
  }
  #allTaken() {
    this.#left = 0;
    this.giveBack();
  }
  /** The ranges without an answer. */
  *#open() {
    if (this.#gone || this.#left === 0) return;
    if (this.#answered === undefined) return yield [0, this.#count];
    const answered = this.#answered;
    for (let k = 0; k < this.#count; ++k) {
      if (answered[k] === 1) continue;
      const first = k;
      while (k < this.#count && answered[k] === 0) ++k;
      yield [first, k];
    }
  }
  #commit(first, end, metadata) {
    try {
      return this.#native.commit(this.#id, first, end - first, metadata);
    } catch (error) {
      return Promise.reject(error);
    }
  }
  #ack(first, end) {
    try {
      this.#native.ack(this.#id, first, end - first);
    } catch (error) {
      // Of lost messages nothing is stored anyway.
      if (error.number !== LOST) throw error;
    }
  }
}

module.exports = { Answers };
