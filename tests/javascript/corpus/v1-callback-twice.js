function lambda(input, callback) {
  callback(null, 'the first answer counts');
  callback(null, 'the second does not');
}
