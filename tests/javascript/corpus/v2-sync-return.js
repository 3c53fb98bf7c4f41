function lambda(input) {
  return [input.payload.name, null, undefined, NaN, -0, 1e21, 0.1 + 0.2];
}
