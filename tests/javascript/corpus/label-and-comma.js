function lambda(input, callback) {
  var x = (1, 2), y = void 0, z = typeof null, i = 0, out = [];
  do { out.push(i); } while (++i < 2);
  for (var k in { a: 1, b: 2 }) out.push(k);
  if (x) ; else out.push('no');
  out.push(x ? y ? 1 : 2 : 3, delete out.q, 'a' in { a: 1 }, new (class { v = 5 })().v, ((a, b = a + 1, ...c) => [a, b, c])(1, undefined, 3, 4));
  out.push(x ** 3, (x ||= 9), (y ??= 'y'), (z &&= 'z'));
  callback(null, out);
}
