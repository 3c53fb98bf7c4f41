function lambda(input, callback) {
  const text = 'Order A-1234 of 2026-11-28, order B-99 of 2025-01-02. Größe: 42';
  const dates = [...text.matchAll(/(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)/g)].map((m) => ({ ...m.groups, at: m.index }));
  callback(null, {
    dates,
    ids: text.match(/\b[A-Z]-\d+\b/g),
    replaced: text.replace(/order (\w)-(\d+)/gi, (all, letter, digits, at) => `${letter.toLowerCase()}${digits}@${at}`),
    lookbehind: text.match(/(?<=of )\d{4}/g),
    unicode: text.match(/\p{Lu}\p{Ll}+/gu),
    sticky: (() => { const r = /\w+/y; r.lastIndex = 6; return r.exec(text)[0]; })(),
    split: 'a1b22c'.split(/(\d+)/),
    dotall: /a.b/s.test('a\nb'),
    backreference: /(\w)\1/.exec('hello')[0],
    named: 'x-y'.replace(/(?<l>\w)-(?<r>\w)/, '$<r>-$<l>'),
    greedy: ['<<a>>'.match(/<.+>/)[0], '<<a>>'.match(/<.+?>/)[0]],
    flags: new RegExp('a', 'gimsuy').flags,
  });
}
