function lambda(input, callback) {
  callback('the order service said no');
}
