function lambda(input, callback) {
  const counter = (() => { let n = 0; return { up: () => ++n, down: () => --n, get value() { return n; } }; })();
  counter.up(); counter.up(); counter.down();
  const curry = (f) => function curried(...a) { return a.length >= f.length ? f(...a) : (...b) => curried(...a, ...b); };
  const memo = (f, seen = new Map()) => (n) => seen.get(n) ?? (seen.set(n, f(n)), seen.get(n));
  const fib = memo((n) => (n < 2 ? n : fib(n - 1) + fib(n - 2)));
  callback(null, { value: counter.value, curried: curry((a, b, c) => a + b + c)(1)(2)(3), fib: fib(60) });
}
