async function lambda(input) {
  throw { code: 42, reason: 'no error object' };
}
