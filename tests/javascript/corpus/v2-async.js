async function lambda(input) {
  const { name, list } = input.payload;
  return { name, sum: list.reduce((a, b) => a + b, 0) };
}
