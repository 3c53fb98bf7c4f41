const tag = (strings, ...values) => strings.raw.map((s, i) => s + (values[i] !== undefined ? `[${values[i]}]` : '')).join('');
const html = (parts, ...values) => parts.reduce((out, part, i) => out + part + (i < values.length ? String(values[i]).replace(/[<&]/g, (c) => `&#${c.charCodeAt(0)};`) : ''), '');
function lambda(input, callback) {
  callback(null, { tag: tag`a${1}\n${'b'}`, html: html`<b>${'<script>'}</b>`, nested: `x${`y${`z`}`}`, multi: `line
two`.split('\n').length });
}
