async function lambda(input) {
  await null;
  throw new Error('the stock service answered 503', { cause: 'maintenance' });
}
