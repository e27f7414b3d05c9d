'use strict';
// Records without an outcome yet, by their tokens: numbers that a producer counts. Records that were sent together are a
// group, which has consecutive tokens.

const PERSISTENCE = ['no', 'maybe', 'yes'];

/** Says of an error whether the record is in the log. */
function withPersistence(error, persistence) {
  error.persistence = PERSISTENCE[persistence];
  return error;
}

/** Records with a promise each. */
class SingleGroup {
  constructor(first) {
    this.first = first;
    this.count = 0;
    this.left = 0;
    this.topics = [];
    this.resolves = [];
    this.rejects = [];
  }
  add(topic, resolve, reject) {
    this.topics.push(topic);
    this.resolves.push(resolve);
    this.rejects.push(reject);
    ++this.count;
    ++this.left;
  }
  settle(from, count, partition, offset, timestamp) {
    this.left -= count;
    for (let k = 0; k < count; ++k) {
      const at = from + k;
      this.resolves[at]({ topic: this.topics[at], partition, offset: offset < 0 ? offset : offset + k, timestamp });
    }
  }
  fail(from, count, partition, offset, error) {
    this.left -= count;
    for (let k = 0; k < count; ++k) this.rejects[from + k](error);
  }
}

/** Records with one promise for all of them. */
class BatchGroup {
  constructor(first, topic, count, resolve, reject) {
    this.first = first;
    this.count = count;
    this.left = count;
    this.failed = 0;
    this.error = undefined;
    this.resolve = resolve;
    this.reject = reject;
    this.result = { topic, count, partitions: new Int32Array(count), offsets: new Float64Array(count) };
  }
  settle(from, count, partition, offset) {
    const { partitions, offsets } = this.result;
    for (let k = 0; k < count; ++k) {
      partitions[from + k] = partition;
      offsets[from + k] = offset < 0 ? offset : offset + k;
    }
    this.#done(count);
  }
  fail(from, count, partition, offset, error) {
    const { partitions, offsets } = this.result;
    partitions.fill(partition, from, from + count);
    offsets.fill(-1, from, from + count);
    this.result.errors ??= new Array(this.count);
    this.result.errors.fill(error, from, from + count);
    this.error ??= error;
    this.failed += count;
    this.#done(count);
  }
  #done(count) {
    this.left -= count;
    if (this.left > 0) return;
    if (this.error === undefined) return this.resolve(this.result);
    // The first error, as an error of its own: others may have the same one.
    const error = Object.assign(Object.create(Object.getPrototypeOf(this.error)), this.error);
    Object.defineProperty(error, 'message', {
      value: `${this.failed} of ${this.count} records were not sent; the first error: ${this.error.message}`,
    });
    Object.defineProperty(error, 'stack', { value: this.error.stack });
    error.failed = this.failed;
    error.result = this.result;
    this.reject(error);
  }
}

/** All groups of a producer, in the order of their tokens. */
class Outcomes {
  #groups = [];
  #last = undefined; // where the last outcome was: the next one is mostly there

  add(group) {
    this.#groups.push(group);
  }

  /** A run of outcomes: `count` records from `token` on, with consecutive offsets. */
  run(token, count, partition, offset, timestamp, persistence, error) {
    while (count > 0) {
      const group = this.#find(token);
      if (group === undefined) return;
      const from = token - group.first;
      if (from >= group.count) return;
      const some = Math.min(count, group.count - from);
      if (error === undefined) {
        group.settle(from, some, partition, offset, timestamp);
      } else {
        group.fail(from, some, partition, offset, withPersistence(error, persistence));
      }
      if (group.left === 0) this.#sweep();
      token += some;
      count -= some;
      if (offset >= 0) offset += some;
    }
  }

  #find(token) {
    const last = this.#last;
    if (last !== undefined && token >= last.first && token < last.first + last.count) return last;
    const groups = this.#groups;
    let low = 0;
    let high = groups.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (groups[middle].first <= token) low = middle;
      else high = middle - 1;
    }
    this.#last = groups[low];
    return this.#last;
  }

  /** Groups that are done are dropped from the front, many at a time. */
  #sweep() {
    const groups = this.#groups;
    let done = 0;
    while (done < groups.length && groups[done].left === 0) ++done;
    if (done === groups.length || done >= 64) groups.splice(0, done);
    this.#last = undefined;
  }
}

module.exports = { BatchGroup, Outcomes, SingleGroup, withPersistence };
