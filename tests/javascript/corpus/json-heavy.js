function lambda(input, callback) {
  const items = Array.from({ length: 500 }, (_, i) => ({ id: i, name: `Item ${i}`, tags: ['a', 'b', String(i % 7)], price: i / 3, nested: { deep: { er: [i, [i, [i]]] } } }));
  const copy = JSON.parse(JSON.stringify(items));
  const byTag = copy.reduce((all, item) => { (all[item.tags[2]] ??= []).push(item.id); return all; }, {});
  const revived = JSON.parse('{"at":"2026-11-28T00:00:00.000Z","n":1}', (key, value) => (key === 'at' ? new Date(value).getTime() : value));
  const chosen = JSON.stringify(items[3], ['id', 'name'], 2);
  const dropped = JSON.stringify({ a: undefined, b: () => 1, c: Symbol('x'), d: [undefined, () => 1], e: null, f: new Map([[1, 2]]) });
  callback(null, { total: copy.reduce((sum, item) => sum + item.price, 0), byTag, revived, chosen, dropped, escapes: JSON.stringify('\u2028\ud800"\\\b\u0007') });
}
