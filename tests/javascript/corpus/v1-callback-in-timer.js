function lambda(input, callback) {
  let order = ['begun'];
  setTimeout(() => { order.push('second'); callback(null, order); }, 20);
  setTimeout(() => order.push('first'), 5);
  order.push('returned');
}
