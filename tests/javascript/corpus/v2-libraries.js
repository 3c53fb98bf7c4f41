// Imports of bundled libraries, by name and as a whole.
import { chunk, groupBy, isEqual, merge, retry, sum, uniqBy } from 'es-toolkit';
import * as toolkit from 'es-toolkit';
import lodash, { partition } from 'lodash';
import { Buffer as Bytes } from 'node:buffer';
import { URL as Address } from 'url';

async function lambda(input) {
  let times = 0;
  const tried = await retry(async () => { times += 1; if (times < 3) throw new Error('again'); return times; }, 5);
  return {
    chunks: chunk([1, 2, 3, 4, 5], 2),
    groups: groupBy(['one', 'two', 'three'], (word) => word.length),
    equal: isEqual(new Map([['a', { b: 1 }]]), new Map([['a', { b: 1 }]])),
    merged: merge({ a: { b: 1 } }, { a: { c: input.payload.n } }),
    tried,
    sum: sum([1, 2, 3]),
    unique: uniqBy([1.2, 1.8, 2.1], Math.floor),
    names: Object.keys(toolkit).filter((name) => name !== 'default').length,
    partition: partition([1, 2, 3], (n) => n % 2 === 1),
    same: lodash.partition === partition,
    bytes: Bytes.from('x').toString('hex'),
    host: new Address('https://example.com:8080/a').host,
  };
}
