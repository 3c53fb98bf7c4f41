// The engine makes a builtin when it is first looked at. All are made now, and not in each turn anew.
(function (host, own, global) {
  const seen = new Set();
  const look = (at) => {
    if ((typeof at !== 'object' && typeof at !== 'function') || at === null || seen.has(at)) return;
    seen.add(at);
    look(Object.getPrototypeOf(at));
    for (const key of Reflect.ownKeys(at)) {
      const { value, get, set } = Object.getOwnPropertyDescriptor(at, key);
      for (const one of [value, get, set]) look(one);
    }
  };
  look(global);
  const iterators = [[][Symbol.iterator](), ''[Symbol.iterator](), new Map().entries(), new Set().values(), (function* () {})()];
  for (const one of [...iterators, async () => {}, async function* () {}]) look(one);
});
