'use strict';
// Headers as they lie in a record: for each the length of its key, the key, the length of its value (-1: null) and the
// value. Lengths are zigzag varints.

function parseHeaders(bytes, at, count) {
  const headers = [];
  const length = () => {
    let number = 0;
    let scale = 1;
    let byte;
    do {
      byte = bytes[at++];
      number += (byte & 0x7f) * scale;
      scale *= 128;
    } while (byte & 0x80);
    return number % 2 === 0 ? number / 2 : -(number + 1) / 2;
  };
  for (let k = 0; k < count; ++k) {
    const keyLength = length();
    const key = bytes.utf8Slice(at, at + keyLength);
    at += keyLength;
    const valueLength = length();
    headers.push([key, valueLength < 0 ? null : bytes.subarray(at, at + valueLength)]);
    at += Math.max(valueLength, 0);
  }
  return headers;
}

module.exports = { parseHeaders };
