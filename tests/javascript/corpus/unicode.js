function lambda(input, callback) {
  const text = 'Grüße 👩‍👩‍👧 مرحبا 日本語 \u{1F600}';
  callback(null, {
    length: text.length, points: [...text].length, upper: 'straße'.toUpperCase(), code: text.codePointAt(6), raw: String.raw`\n${1}`,
    normal: ['e\u0301'.normalize('NFC').length, '\u00e9'.normalize('NFD').length], lone: ['\ud800'.isWellFormed(), '\ud800x'.toWellFormed()],
    pad: 'ü'.padStart(3, '日'), slice: text.slice(0, 5), reversed: [...'añb'].reverse().join(''), message: input.payload.message,
    encoded: [encodeURIComponent('ü 日&'), decodeURIComponent('%C3%BC'), escape('ü'), encodeURI('http://x/ü?a=b')],
    bytes: Array.from(new TextEncoder().encode('ü日')), text: new TextDecoder().decode(new Uint8Array([0xc3, 0xbc, 0xff])),
    base64: [btoa('hello?'), atob('aGk=')], compare: ['a' < 'ä', 'Z' < 'a'], ident: (() => { const größe = 1; return größe; })(),
  });
}
