function lambda(input, callback) {
  implicit = 'a global without a declaration';
  var found;
  with (input.payload) { found = message + name; }
  var octal = 010;
  function twice(a, a) { return a; }
  callback(null, { implicit, found, octal, twice: twice(1, 2), self: this === globalThis || this === undefined || typeof this, args: arguments.length });
}
