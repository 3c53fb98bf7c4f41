module.exports = function (input, callback) {
  callback(null, { exported: true, keys: Object.keys(input).sort() });
};
