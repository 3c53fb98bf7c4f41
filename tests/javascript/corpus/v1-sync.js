function lambda(input, callback) {
  callback(null, `Hello ${input.payload.name}, you wrote ${input.payload.message.length} characters`);
}
