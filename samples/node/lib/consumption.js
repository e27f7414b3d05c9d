'use strict';
// One consumption: what comes between the first next() and the end, message by message or batch by batch.

const { Batch } = require('./batch');

const DROPPED = 'envelope_dropped';
const CLOSED = 'closed';

class Consumption {
  #native;
  #singly;
  #queue = []; // batches that are not begun
  #current = undefined; // the batch whose messages are handed out
  #next = 0; // of the current batch
  #open = new Set(); // answers of batches that were handed out, or wait
  #waiting = []; // calls of next()
  #ended = false;
  #error = undefined;
  #returning = undefined; // {promise, resolve}: the loop was left
  #whenEnded;
  #gone = undefined; // partitions that went away while their messages waited

  constructor(native, singly, whenEnded) {
    this.#native = native;
    this.#singly = singly;
    this.#whenEnded = whenEnded;
  }

  /** Deliveries of the addon came, or the end. */
  told(deliveries, ended, error) {
    for (const delivery of deliveries) {
      const batch = new Batch(this.#native, delivery, (answers) => this.#open.delete(answers));
      this.#open.add(batch.answers);
      if (this.#returning !== undefined) batch.answers.giveBack();
      else this.#queue.push(batch);
    }
    if (ended) this.#end(error);
    this.#serve();
  }

  /** Partitions went to somebody else: messages of them that wait are not handed out. */
  lose(places) {
    const waiting = this.#queue.length > 0 || this.#current !== undefined;
    if (!this.#singly || !waiting) return;
    const gone = new Set(places.map(({ topic, partition }) => `${partition} ${topic}`));
    for (const batch of this.#current === undefined ? this.#queue : [this.#current, ...this.#queue]) {
      batch.gone = batch.gone === undefined ? gone : new Set([...batch.gone, ...gone]);
    }
  }

  next() {
    const value = this.#take();
    if (value !== undefined) return Promise.resolve({ value, done: false });
    if (this.#ended) return this.#last();
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** The loop is left: what was not answered goes back, and the next consumption begins with it. */
  async return(value) {
    if (!this.#ended) {
      if (this.#returning === undefined) {
        let resolve;
        const promise = new Promise((resolved) => {
          resolve = resolved;
        });
        this.#returning = { promise, resolve };
        // Commits that were made are finished.
        this.#native.stop().catch(() => {});
        this.#queue.length = 0;
        this.#current = undefined;
        for (const answers of [...this.#open]) answers.end();
      }
      await this.#returning.promise;
    }
    return { value, done: true };
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  #take() {
    if (!this.#singly) return this.#queue.shift();
    for (;;) {
      const batch = this.#current;
      if (batch === undefined || this.#next === batch.count) {
        this.#current = this.#queue.shift();
        this.#next = 0;
        if (this.#current === undefined) return undefined;
        continue;
      }
      const k = this.#next++;
      if (batch.gone === undefined || !batch.gone.has(`${batch.partitions[k]} ${batch.topic(k)}`)) {
        return batch.message(k);
      }
      batch.answers.skip(k);
    }
  }

  #serve() {
    while (this.#waiting.length > 0) {
      const value = this.#take();
      if (value === undefined) break;
      this.#waiting.shift().resolve({ value, done: false });
    }
    if (!this.#ended) return;
    for (const { resolve } of this.#waiting.splice(0)) resolve(this.#last());
  }

  #end(error) {
    this.#ended = true;
    const expected = error === undefined || error.code === CLOSED ||
      (this.#returning !== undefined && error.code === DROPPED);
    if (!expected) this.#error = error;
    if (error !== undefined) {
      this.#queue.length = 0;
      this.#current = undefined;
    }
    for (const answers of [...this.#open]) answers.end();
    this.#whenEnded(this);
    this.#returning?.resolve();
  }

  /** The result of next() after the end; the error is told once. */
  #last() {
    const error = this.#error;
    this.#error = undefined;
    return error === undefined ? Promise.resolve({ value: undefined, done: true }) : Promise.reject(error);
  }
}

module.exports = { Consumption };
