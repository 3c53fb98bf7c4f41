function lambda(input, callback) {
  var before = typeof later, undef = typeof notYet;
  var notYet = 1;
  function later() {}
  for (var i = 0, fs = []; i < 3; i++) fs.push(function () { return i; });
  for (let j = 0; j < 3; j++) fs.push(() => j);
  callback(null, { before, undef, ran: fs.map((f) => f()) });
}
