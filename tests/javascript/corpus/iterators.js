async function lambda(input) {
  const range = { *[Symbol.iterator]() { yield 1; yield 2; yield 3; } };
  const map = new Map(Object.entries({ a: 1, b: 2 }));
  const set = new Set([3, 1, 3, 2]);
  const weak = new WeakMap([[map, 'kept']]);
  const [first, , third = 'default', ...rest] = [...range, 4, 5];
  return { from: Array.from(range, (x) => x * x), map: [...map], set: [...set], weak: weak.get(map), first, third, rest, entries: [...['x', 'y'].entries()] };
}
