function lambda(input, callback) {
  const people = [{ n: 'Zoë', a: 31 }, { n: 'adam', a: 25 }, { n: 'Bob', a: 31 }, { n: 'Émile', a: 25 }];
  callback(null, {
    stable: [...people].sort((x, y) => x.a - y.a).map((p) => p.n),
    plain: people.map((p) => p.n).sort(),
    numbers: [10, 9, 1, 100].sort(),
    toSorted: [3, 1, 2].toSorted((a, b) => b - a),
    reversed: [1, 2, 3].toReversed(), spliced: [1, 2, 3].toSpliced(1, 1, 'x'), with: [1, 2, 3].with(0, 9),
    last: [1, 2, 3].findLast((x) => x < 3), at: [1, 2, 3].at(-1), flat: [[1, [2]], [3]].flat(Infinity), many: [1, 2].flatMap((x) => [x, x * 10]),
  });
}
