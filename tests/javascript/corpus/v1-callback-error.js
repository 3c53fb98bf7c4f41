function lambda(input, callback) {
  callback(new TypeError('this order is not known'));
}
