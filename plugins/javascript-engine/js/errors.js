// What went wrong, in one line: a name, a message, and where, in the author's own lines.
(function (host, own, global) {
  // As the names of the language itself are: writable, and in no loop over `globalThis`.
  own.define = (target, values) => {
    for (const [name, value] of Object.entries(values)) {
      Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: false });
    }
  };

  // What a library has asked of chance, of the clock or of the configuration is not to be in the image of a script.
  own.forgotten = [];
  own.forget = () => {
    for (const forget of own.forgotten) forget();
  };

  // Where it was thrown, and from where that was called: `NAME (FILE:LINE:COLUMN)` each.
  const frames = (thrown) =>
    String(thrown.stack ?? '')
      .split('\n')
      .map((line) => /^\s+at (.*)$/.exec(line)?.[1])
      .filter((frame) => frame !== undefined && !/retort:|\(native\)|<input>/.test(frame));
  const place = (frame) => /\(([^()]*:\d+:\d+)\)$/.exec(frame)?.[1] ?? frame;

  // The host's texts are Unicode: half a surrogate pair, as slicing through an emoji leaves it, is told as U+FFFD.
  own.text = (value) => String(value).toWellFormed();
  own.log = (level, line) => host.log(level, own.text(line));

  // Names of Node's and of the web's that are not there.
  own.insteadOf = {
    Intl: 'there is one language and one time zone, UTC',
    FormData: 'write the body of a form yourself',
    Blob: 'use a `Uint8Array`',
    XMLHttpRequest: 'use `fetch`',
  };

  own.json = (value) => {
    try {
      return JSON.stringify(value);
    } catch (problem) {
      return undefined;
    }
  };

  own.inWords = (thrown) => {
    try {
      return own.text(inWords(thrown));
    } catch (problem) {
      return 'something that cannot be told in words';
    }
  };
  const inWords = (thrown) => {
    if (!(thrown instanceof Error)) {
      const shown = typeof thrown === 'string' ? thrown : own.json(thrown);
      return shown === undefined ? String(thrown) : shown;
    }
    const missing = thrown instanceof ReferenceError && /^'?(\w+)'? is not defined$/.exec(thrown.message);
    const instead = missing && Object.hasOwn(own.insteadOf, missing[1]) ? `: ${own.insteadOf[missing[1]]}` : '';
    const head = (thrown.message ? `${thrown.name}: ${thrown.message}` : String(thrown.name)) + instead;
    const cause = thrown.cause instanceof Error ? `: ${thrown.cause.message}` : '';
    const [first] = frames(thrown);
    return head + cause + (first === undefined ? '' : ` (${place(first)})`);
  };

  // The way there, and what was the cause, for the log: a line each.
  own.stack = (thrown, depth = 0) => {
    if (!(thrown instanceof Error) || depth > 5) return [];
    // Between two calls the engine knows no line.
    const lines = frames(thrown).map((frame) => `    at ${frame.replace(' (missing)', '')}`);
    if (thrown.cause !== undefined) lines.push(`caused by ${own.inWords(thrown.cause)}`, ...own.stack(thrown.cause, depth + 1));
    return lines;
  };
  // For what ends a turn: its line, after its stack has been logged, where that says more.
  own.told = (thrown) => {
    try {
      const lines = own.stack(thrown);
      if (lines.length > 1) for (const line of [own.inWords(thrown), ...lines]) own.log(3, line);
    } catch (problem) {
      // Its one line says the most of it.
    }
    return own.inWords(thrown);
  };

  // What is about to end the turn, and where the lambda is.
  own.ending = (what) => {
    const here = own.stack(new Error());
    own.log(3, `the turn has used up most of its ${what}, and is here:`);
    for (const line of here) own.log(3, line);
  };

  // Promises that are rejected while nobody listens; who listens later takes theirs away again.
  const unseen = new Map();
  own.rejected = (promise, reason, isHandled) => {
    if (isHandled) unseen.delete(promise);
    else unseen.set(promise, reason);
  };
  own.unseenRejection = () => {
    for (const reason of unseen.values()) return `a promise was rejected and nobody handled it: ${own.told(reason)}`;
    return undefined;
  };
});
