function lambda(input, callback) {
  var out = [];
  outer: for (var a = 0; a < 4; a++) {
    for (var b = 0; b < 4; b++) {
      if (b === 2) continue outer;
      if (a === 3) break outer;
      out.push(a * 10 + b);
    }
  }
  switch (out.length) { case 6: out.push('six'); default: out.push('through'); }
  callback(null, out);
}
