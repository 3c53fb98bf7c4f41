var greeting = 'Hi';
var lambda = function (input, callback) { callback(null, greeting + ' ' + input.payload.name); };
