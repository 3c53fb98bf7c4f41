async function lambda(input) {
  const order = [];
  setTimeout(() => order.push('timer'), 0);
  queueMicrotask(() => order.push('microtask'));
  Promise.resolve().then(() => order.push('then'));
  (async () => { order.push('async'); await null; order.push('after await'); })();
  order.push('sync');
  await new Promise((resolve) => setTimeout(resolve, 10));
  return order;
}
