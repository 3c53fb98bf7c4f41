function lambda(input, callback) {
  const log = [];
  Promise.resolve(1)
    .then((n) => { log.push(n); return Promise.reject(new Error('midway')); })
    .then(() => log.push('never'))
    .catch((e) => { log.push(e.message); return 'recovered'; })
    .finally(() => log.push('finally'))
    .then((v) => { log.push(v); callback(null, log); });
  log.push('sync');
}
