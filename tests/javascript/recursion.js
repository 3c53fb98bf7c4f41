// Ways to go deep: by calls, by the engine's own functions, by what it parses.
const shapes = {
  plain: (n) => { function f(n) { return n && 1 + f(n - 1); } return f(n); },
  forEach: (n) => { function f(n) { n && [n - 1].forEach(f); } f(n); },
  replace: (n) => { function f(n) { return n ? 'a'.replace(/a/g, () => f(n - 1)) : ''; } f(n); },
  flatMap: (n) => { function f(n) { return n ? [1].flatMap(() => f(n - 1)) : []; } f(n); },
  async: (n) => { async function f(n) { n && await f(n - 1); } f(n); },
  bind: (n) => { function f(n) { n && f.bind(null, n - 1)(); } f(n); },
  yield: (n) => { function* f(n) { if (n) yield* f(n - 1); } [...f(n)]; },
  jsonparse: (n) => { JSON.parse('['.repeat(n) + ']'.repeat(n)); },
  stringify: (n) => { let a = []; for (let i = 0; i < n; i++) a = [a]; JSON.stringify(a); },
  reviver: (n) => { JSON.parse('['.repeat(n) + ']'.repeat(n), (k, v) => v); },
  flat: (n) => { let a = []; for (let i = 0; i < n; i++) a = [a]; a.flat(Infinity); },
  proxy: (n) => { let p = {}; for (let i = 0; i < n; i++) p = new Proxy(p, {}); p.x; },
  tostring: (n) => { let f = 0; for (let i = 0; i < n; i++) { const g = f; f = { toString: () => '' + g }; } '' + f; },
  getter: (n) => { function f(n) { return n ? { get x() { return f(n - 1).x; } } : {}; } f(n).x; },
  apply: (n) => { function f(n) { n && f.apply(null, [n - 1]); } f(n); },
  spread: (n) => { function f(n) { n && f(...[n - 1]); } f(n); },
  map: (n) => { function f(n) { n && [n - 1].map(f); } f(n); },
  sort: (n) => { function f(n) { n && [1, 2].sort(() => { f(n - 1); return 0; }); } f(n); },
  promise: (n) => { function f(n) { n && new Promise(() => f(n - 1)); } f(n); },
  regexp: (n) => { new RegExp('('.repeat(n) + ')'.repeat(n)); },
  regexv: (n) => { new RegExp('['.repeat(n) + ']'.repeat(n), 'v'); },
  func: (n) => { new Function('return ' + '('.repeat(n) + '1' + ')'.repeat(n)); },
  arr: (n) => { new Function('return ' + '['.repeat(n) + '1' + ']'.repeat(n)); },
  block: (n) => { new Function('{'.repeat(n) + '}'.repeat(n)); },
};

function lambda(input, callback) {
  if (input.payload.shapes) return callback(null, Object.keys(shapes));
  const { shape, depth } = input.payload;
  try {
    shapes[shape](depth);
    callback(null, 'fine');
  } catch (error) {
    callback(null, error.name);
  }
}
