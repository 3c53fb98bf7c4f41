// `Buffer`, as far as texts, digests and tokens go through it.
function lambda(input, callback) {
  const text = input.payload.message;
  const bytes = Buffer.from(text);
  const written = Buffer.alloc(8);
  written.writeUInt16BE(0x1234, 0);
  written.writeInt32LE(-2, 2);
  callback(null, {
    base64: bytes.toString('base64'),
    back: Buffer.from(bytes.toString('base64'), 'base64').toString('utf8') === text,
    hex: bytes.toString('hex'),
    latin1: Buffer.from('Grüß', 'latin1').toString('hex'),
    length: Buffer.byteLength(text),
    both: Buffer.concat([Buffer.from('a'), Buffer.from([98, 99])]).toString(),
    slice: bytes.slice(0, 5).toString() + bytes.subarray(-3).toString('hex'),
    json: JSON.stringify(Buffer.from('ab')),
    compare: Buffer.compare(Buffer.from('a'), Buffer.from('b')),
    equals: Buffer.from('a').equals(Buffer.from([97])),
    found: bytes.indexOf('w'),
    isBuffer: [Buffer.isBuffer(bytes), Buffer.isBuffer('no')],
    numbers: written.toString('hex') + written.readUInt16BE(0),
    basic: 'Basic ' + Buffer.from('user:pässword').toString('base64'),
  });
}
