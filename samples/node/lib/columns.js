'use strict';
// Arrays of keys or values as the library takes them: all bytes one behind the other, and where each item ends.

const { wrong } = require('./check');

/** The bit of an end that says that the item is null. */
const NULL = 0x80000000;
const MOST_BYTES = 0x7fffffff;

/** All of them strings: one string is encoded, not many. */
function packStrings(items, characters) {
  const bytes = Buffer.from(items.join(''));
  const ends = new Uint32Array(items.length);
  const ascii = bytes.length === characters;
  let end = 0;
  for (let k = 0; k < items.length; ++k) {
    end += ascii ? items[k].length : Buffer.byteLength(items[k]);
    ends[k] = end;
  }
  return { bytes, ends };
}

function packMixed(where, items) {
  const ends = new Uint32Array(items.length);
  let end = 0;
  for (let k = 0; k < items.length; ++k) {
    const item = items[k];
    if (typeof item === 'string') {
      end += Buffer.byteLength(item);
    } else if (item instanceof Uint8Array) {
      end += item.length;
    } else if (item === null || item === undefined) {
      ends[k] = NULL;
    } else {
      throw wrong(`${where}[${k}]`, 'a string, a Buffer or null', item);
    }
    if (end > MOST_BYTES) throw new RangeError(`${where}: at most ${MOST_BYTES} bytes fit into one batch`);
    ends[k] |= end;
  }
  const bytes = Buffer.allocUnsafeSlow(end);
  let at = 0;
  for (let k = 0; k < items.length; ++k) {
    const item = items[k];
    if (typeof item === 'string') {
      at += bytes.write(item, at);
    } else if (item) {
      bytes.set(item, at);
      at += item.length;
    }
  }
  return { bytes, ends };
}

/** A column of strings, Buffers and nulls. */
function packColumn(where, items) {
  let characters = 0;
  for (let k = 0; k < items.length; ++k) {
    if (typeof items[k] !== 'string') return packMixed(where, items);
    characters += items[k].length;
  }
  if (characters * 3 > MOST_BYTES) return packMixed(where, items);
  return packStrings(items, characters);
}

/** A column that is packed already. */
function packedColumn(where, bytes, ends) {
  if (!(bytes instanceof Uint8Array)) throw wrong(where, 'a list, or a Buffer with its ends', bytes);
  if (!(ends instanceof Uint32Array)) throw wrong(`${where}: its ends`, 'a Uint32Array', ends);
  let last = 0;
  for (let k = 0; k < ends.length; ++k) {
    const end = ends[k] & MOST_BYTES;
    if (end < last || end > bytes.length) {
      throw new RangeError(`${where}: end ${k} is ${end}, but must be within ${last} and ${bytes.length}`);
    }
    last = end;
  }
  return { bytes, ends };
}

/**
 * What sendBatch() takes: a list of values or of {key, value}; {values, keys?} of lists; or {values, valueEnds, keys?,
 * keyEnds?}, packed.
 */
function packBatch(where, batch) {
  if (Array.isArray(batch)) {
    const first = batch[0];
    if (first === null || typeof first !== 'object' || first instanceof Uint8Array) {
      return { values: packColumn(where, batch), keys: undefined };
    }
    const keyed = batch.some((each) => each?.key !== undefined && each.key !== null);
    return {
      values: packColumn(`${where}.value`, batch.map((each) => each.value)),
      keys: keyed ? packColumn(`${where}.key`, batch.map((each) => each.key)) : undefined,
    };
  }
  if (batch === null || typeof batch !== 'object') throw wrong(where, 'a list, or an object of columns', batch);
  const column = (name, items, ends) =>
    Array.isArray(items) ? packColumn(`${where}.${name}`, items) : packedColumn(`${where}.${name}`, items, ends);
  const values = column('values', batch.values, batch.valueEnds);
  const keys = batch.keys === undefined ? undefined : column('keys', batch.keys, batch.keyEnds);
  if (keys !== undefined && keys.ends.length !== values.ends.length) {
    throw new RangeError(`${where}: ${keys.ends.length} keys and ${values.ends.length} values`);
  }
  return { values, keys };
}

module.exports = { MOST_BYTES, NULL, packBatch, packColumn };
