// What accounts use most of lodash, whole and by its parts.
const _ = require('lodash');
const get = require('lodash/get');
const { debounce, template } = require('lodash');

function lambda(input, callback) {
  const orders = [
    { id: 3, user: { name: 'ada' }, items: [{ price: 2.5 }, { price: 4 }] },
    { id: 1, user: { name: 'bob' }, items: [{ price: 10 }] },
    { id: 2, user: { name: 'ada' }, items: [] },
  ];
  callback(null, {
    sorted: _.sortBy(orders, ['user.name', 'id']).map((order) => order.id),
    grouped: _.mapValues(_.groupBy(orders, 'user.name'), (of) => _.sumBy(_.flatMap(of, 'items'), 'price')),
    chain: _(orders).filter((order) => order.items.length).map('id').reverse().value(),
    cases: ['camelCase', 'kebabCase', 'snakeCase', 'startCase', 'deburr'].map((name) => _[name]('Hëllo wörld-foo bar')),
    merged: _.merge({ a: { b: [1, 2] } }, { a: { b: [3], c: null } }),
    equal: _.isEqual({ a: [1, { b: new Date(5) }] }, { a: [1, { b: new Date(5) }] }),
    cloned: _.cloneDeep({ when: new Date(0), set: [1, [2]], pattern: /x/g }).when.toISOString(),
    part: get(input, 'payload.order.price', 'none') + get(input, ['payload', 'nothing'], 'none'),
    text: template('Hello <%= name %>: <% list.forEach((one) => { %>[<%- one %>]<% }) %>')({ name: input.payload.name, list: ['<', '&'] }),
    types: [typeof debounce, _.isPlainObject({}), _.isEmpty([]), _.toPath('a[0].b.c'), _.uniqueId('n')],
    words: _.words('fred, barney & pebbles'), truncated: _.truncate('a long text that goes on', { length: 12 }),
    version: _.VERSION,
  });
}
