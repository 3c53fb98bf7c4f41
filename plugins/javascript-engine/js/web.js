// The small things of the web platform that lambdas use beside `fetch`.
(function (host, own, global) {
  class TextEncoder {
    get encoding() { return 'utf-8'; }
    encode(text = '') { return host.utf8(own.text(text)); }
  }
  class TextDecoder {
    constructor(label = 'utf-8') {
      if (!/^utf-?8$/i.test(label)) throw new RangeError(`The encoding "${label}" is not available here: use utf-8`);
    }
    get encoding() { return 'utf-8'; }
    decode(bytes = new Uint8Array()) {
      const view = ArrayBuffer.isView(bytes)
        ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
        : new Uint8Array(bytes);
      return host.text(view);
    }
  }

  const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const invalid = (what) => Object.assign(new Error(what), { name: 'InvalidCharacterError' });
  const btoa = (text) => {
    const bytes = Array.from(String(text), (one) => one.charCodeAt(0));
    if (bytes.some((byte) => byte > 255)) throw invalid('btoa takes characters up to U+00FF only');
    let out = '';
    for (let at = 0; at < bytes.length; at += 3) {
      const three = (bytes[at] << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
      const left = bytes.length - at;
      out += ALPHABET[three >> 18] + ALPHABET[(three >> 12) & 63];
      out += left > 1 ? ALPHABET[(three >> 6) & 63] : '=';
      out += left > 2 ? ALPHABET[three & 63] : '=';
    }
    return out;
  };
  const atob = (text) => {
    const digits = String(text).replace(/[\t\n\f\r ]/g, '').replace(/={1,2}$/, '');
    if (digits.length % 4 === 1 || /[^A-Za-z0-9+/]/.test(digits)) throw invalid('atob was given no base64');
    let out = '';
    let bits = 0;
    let held = 0;
    for (const digit of digits) {
      held = ((held << 6) | ALPHABET.indexOf(digit)) & 0xffff;
      bits += 6;
      if (bits >= 8) {
        bits -= 8;
        out += String.fromCharCode((held >> bits) & 255);
      }
    }
    return out;
  };

  const structuredClone = (value, seen = new Map()) => {
    if (typeof value === 'function' || typeof value === 'symbol') {
      throw Object.assign(new Error(`${String(value)} could not be cloned.`), { name: 'DataCloneError' });
    }
    if (typeof value !== 'object' || value === null) return value;
    if (seen.has(value)) return seen.get(value);
    const keep = (copy) => (seen.set(value, copy), copy);
    if (value instanceof Date) return keep(new Date(value.getTime()));
    if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
    if (value instanceof ArrayBuffer) return keep(value.slice(0));
    if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return keep(value.slice());
    if (value instanceof Map) {
      const copy = keep(new Map());
      for (const [key, one] of value) copy.set(structuredClone(key, seen), structuredClone(one, seen));
      return copy;
    }
    if (value instanceof Set) {
      const copy = keep(new Set());
      for (const one of value) copy.add(structuredClone(one, seen));
      return copy;
    }
    if (value instanceof Error) {
      const copy = keep(new (global[value.name] ?? Error)(value.message));
      copy.stack = value.stack;
      return copy;
    }
    const copy = keep(Array.isArray(value) ? new Array(value.length) : {});
    for (const key of Object.keys(value)) copy[key] = structuredClone(value[key], seen);
    return copy;
  };

  own.define(global, {
    TextEncoder,
    TextDecoder,
    atob,
    btoa,
    structuredClone: (value) => structuredClone(value),
  });
});
