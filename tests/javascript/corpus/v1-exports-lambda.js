exports.lambda = (input, callback) => callback(null, typeof module + typeof exports + typeof require);
