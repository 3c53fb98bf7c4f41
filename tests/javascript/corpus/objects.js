function lambda(input, callback) {
  const base = { a: 1, get twice() { return this.a * 2; }, set half(v) { this.a = v / 2; } };
  const made = Object.create(base, { hidden: { value: 'h', enumerable: false }, shown: { value: 's', enumerable: true } });
  made.half = 10;
  const frozen = Object.freeze({ x: { y: 1 } });
  try { frozen.x = 2; } catch (e) {}
  const { a: renamed, missing = 'default', ...others } = { a: 1, b: 2, c: 3 };
  const proxy = new Proxy({}, { get: (_, key) => `no ${String(key)}`, has: () => true });
  const order = { z: 1, 10: 'ten', a: 2, 2: 'two', [`k${1 + 1}`]: 3 };
  callback(null, {
    made: { ...made, twice: made.twice }, keys: Object.keys(order), own: Object.getOwnPropertyNames(made), frozen, renamed, missing, others,
    proxy: [proxy.anything, 'x' in proxy], chain: [undefined?.a?.b, null ?? 'n', 0 || 'o', 0 ?? 'k', ({}).a?.()], reflect: Reflect.ownKeys({ [Symbol.iterator]: 1, q: 2 }).length,
    entries: Object.fromEntries(Object.entries({ a: 1, b: 2 }).map(([k, v]) => [v, k])), assign: Object.assign({}, null, { a: 1 }, 'xy'), has: Object.hasOwn({ a: 1 }, 'a'),
    clone: structuredClone({ d: new Date(0), m: [...new Map([[1, { x: 1 }]])], s: [...new Set([1])] }),
  });
}
