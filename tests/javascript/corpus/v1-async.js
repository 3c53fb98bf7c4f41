async function lambda(input, callback) {
  const words = await Promise.resolve(input.payload.message.split(' '));
  callback(null, { words, count: words.length });
}
