// `URL` and `URLSearchParams`.
function lambda(input, callback) {
  const url = new URL('../orders/42?x=1&y=a b#top', 'https://user:pw@API.example.com:443/v1/list/');
  url.searchParams.append('q', input.payload.message);
  url.searchParams.delete('x');
  const query = new URLSearchParams({ a: '1 2', b: 'ü&=' });
  query.append('a', '3');
  query.sort();
  let invalid;
  try {
    new URL('/no/base');
  } catch (problem) {
    invalid = problem.name;
  }
  callback(null, {
    href: url.href,
    parts: [url.protocol, url.host, url.hostname, url.port, url.pathname, url.search, url.hash, url.origin, url.username],
    ip: [new URL('http://0x7f.1/').hostname, new URL('http://[::1]:80/').host],
    query: String(query),
    all: query.getAll('a'),
    pairs: [...new URLSearchParams('?a=1&b=2&a=%203')],
    has: [query.has('b'), query.get('none')],
    json: JSON.stringify({ url: new URL('http://a.b') }),
    invalid,
    resolved: ['?q', '#f', '//other/x', 'a/../b', '/c d'].map((to) => new URL(to, 'http://h/p/q').href),
  });
}
