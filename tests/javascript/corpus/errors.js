class OrderError extends Error {
  constructor(message, options) { super(message, options); this.name = 'OrderError'; this.code = 'E_ORDER'; }
}
function lambda(input, callback) {
  const caught = [];
  const attempt = (f) => { try { f(); } catch (e) { caught.push([e.name, e instanceof Error, e.constructor.name]); } };
  attempt(() => null.x); attempt(() => undefinedName); attempt(() => new Array(-1)); attempt(() => JSON.parse('{')); attempt(() => decodeURIComponent('%'));
  attempt(() => { throw new OrderError('late', { cause: new Error('slow') }); });
  attempt(() => { throw new AggregateError([new Error('a')], 'many'); });
  attempt(() => (function f() { return f() + 1; })());
  const e = new OrderError('late', { cause: 'slow' });
  const order = (() => { try { return 'try'; } finally { caught.push('finally'); } })();
  callback(null, { caught, shown: String(e), cause: e.cause, code: e.code, keys: Object.keys(e), json: JSON.stringify(new Error('x')), hasStack: typeof e.stack, order });
}
