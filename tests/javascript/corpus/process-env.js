function lambda(input, callback) {
  process.env.OWN = 'set';
  callback(null, { greeting: process.env.GREETING, own: process.env.OWN, missing: process.env.MISSING ?? null });
}
