// `console`, into the bot's log: a message, and extras as JSON, as LivePerson's own has it.
(function (host, own, global) {
  const shown = (value) => {
    if (typeof value === 'string') return value;
    if (value instanceof Error) return [own.inWords(value), ...own.stack(value)].join('\n');
    if (typeof value === 'function') return `[Function: ${value.name || 'anonymous'}]`;
    if (typeof value !== 'object' || value === null) return String(value);
    if (value instanceof Map) return `Map ${own.json([...value])}`;
    if (value instanceof Set) return `Set ${own.json([...value])}`;
    return own.json(value) ?? String(value);
  };
  const formatted = (values) => {
    const [first, ...rest] = values;
    if (typeof first !== 'string' || !first.includes('%')) return values.map(shown).join(' ');
    const text = first.replace(/%([sdifjoOc%])/g, (all, kind) => {
      if (kind === '%') return '%';
      if (rest.length === 0) return all;
      const value = rest.shift();
      if (kind === 'c') return '';
      if (kind === 'd') return String(Number(value));
      if (kind === 'i') return String(parseInt(value, 10));
      if (kind === 'f') return String(parseFloat(value));
      return kind === 'j' ? String(own.json(value)) : shown(value);
    });
    return [text, ...rest.map(shown)].join(' ');
  };
  // What has several lines is logged as several.
  const write = (level, text) => {
    if (!text.includes('\n')) return own.log(level, text);
    for (const line of text.split('\n')) own.log(level, line);
  };
  const at = (level) => (...values) => write(level, formatted(values));
  const counts = new Map();
  const begun = new Map();
  const said = (label) => (label === undefined ? 'default' : String(label));
  const console = {
    debug: at(0),
    log: at(1),
    info: at(1),
    warn: at(2),
    error: at(3),
    dir: at(1),
    table: at(1),
    trace: (...values) => at(0)(Object.assign(new Error(formatted(values)), { name: 'Trace' })),
    assert: (holds, ...values) => {
      if (!holds) own.log(3, ['Assertion failed', ...(values.length ? [formatted(values)] : [])].join(': '));
    },
    count: (label) => {
      const times = (counts.get(said(label)) ?? 0) + 1;
      counts.set(said(label), times);
      own.log(1, `${said(label)}: ${times}`);
    },
    countReset: (label) => void counts.delete(said(label)),
    time: (label) => void begun.set(said(label), Date.now()),
    timeLog: (label) => own.log(1, `${said(label)}: ${Date.now() - begun.get(said(label))}ms`),
    timeEnd: (label) => {
      console.timeLog(label);
      begun.delete(said(label));
    },
    group: (...values) => void (values.length && console.log(...values)),
    groupCollapsed: (...values) => console.group(...values),
    groupEnd: () => undefined,
    clear: () => undefined,
  };
  own.formatted = formatted;
  own.define(global, { console });
});
