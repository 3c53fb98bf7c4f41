function lambda(input, callback) {
  var order = input.payload.order;
  throw new RangeError('order ' + order.id + ' is out of range');
}
