// Sums an order up. `retort invoke . --payload payloads/event.json` tries it.
async function lambda(input) {
  const { name, items } = input.payload;
  if (!Array.isArray(items)) throw new Error('the payload has no list of `items`');
  const total = items.reduce((sum, item) => sum + item.price * item.count, 0);
  console.info('summed up', { items: items.length });
  return { message: `Thank you, ${name}!`, total };
}
