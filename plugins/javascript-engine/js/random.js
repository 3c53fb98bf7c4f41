// Chance is the host's: what the engine itself would have is the same in every turn, since all begin from one image.
(function (host, own, global) {
  let state;
  own.forgotten.push(() => (state = undefined));
  // xorshift128+, seeded when it is first asked.
  Math.random = function random() {
    state ??= new BigUint64Array(host.random(16).buffer);
    let one = state[0];
    const other = state[1];
    state[0] = other;
    one ^= BigInt.asUintN(64, one << 23n);
    one ^= (one >> 18n) ^ other ^ (other >> 5n);
    state[1] = one;
    return Number(BigInt.asUintN(64, one + other) >> 11n) / 2 ** 53;
  };
  const crypto = {
    getRandomValues: (array) => {
      if (!ArrayBuffer.isView(array) || array instanceof Float32Array || array instanceof Float64Array) {
        throw new TypeError('crypto.getRandomValues takes an array of integers');
      }
      const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
      bytes.set(host.random(bytes.length));
      return array;
    },
    randomUUID: () => {
      const bytes = host.random(16);
      bytes[6] = (bytes[6] & 0x0f) | 0x40;
      bytes[8] = (bytes[8] & 0x3f) | 0x80;
      const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
      return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    },
  };
  own.define(global, { crypto });
});
