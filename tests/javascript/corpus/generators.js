function* naturals(n = 0) { while (true) yield n++; }
const take = function* (n, of) { for (const x of of) { if (n-- <= 0) return; yield x; } };
async function* ticks(n) { for (let i = 0; i < n; i++) { await null; yield i; } }
async function lambda(input) {
  const seen = [];
  for await (const t of ticks(3)) seen.push(t);
  const g = (function* () { try { const got = yield 1; yield got * 2; } finally { seen.push('closed'); } })();
  return { first: [...take(5, naturals(3))], seen, talk: [g.next().value, g.next(21).value, g.return(9).value], spread: Math.max(...take(4, naturals())) };
}
