// Timers that take the time they say: the engine waits for the next one when nothing else is left to do.
(function (host, own, global) {
  let begun;
  own.forgotten.push(() => (begun = undefined));
  // Milliseconds since the turn first asked.
  own.now = () => {
    const now = Date.now();
    begun ??= now;
    return now - begun;
  };

  // A timer of more milliseconds than this may be more than its turn has.
  const SLOW = 100;
  // By their numbers, and those that wait in the order in which they are due.
  const timers = new Map();
  const queue = [];
  let latest = 0;
  const enqueue = (timer) => {
    let [low, high] = [0, queue.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (queue[middle].due <= timer.due) low = middle + 1;
      else high = middle;
    }
    queue.splice(low, 0, timer);
  };
  const start = (call, ms, values, every) => {
    if (typeof call !== 'function') throw new TypeError('The "callback" argument must be of type function');
    const wait = ms >= 1 && ms <= 2147483647 ? Math.trunc(ms) : 1;
    latest += 1;
    const timer = { id: latest, due: own.now() + wait, wait, call, values, every };
    if (wait > SLOW) timer.where = own.stack(new Error('a timer'))[0];
    timers.set(latest, timer);
    enqueue(timer);
    return handle(timer);
  };
  // What Node gives: an object, which is a number where one is wanted.
  const handle = (timer) => ({
    [Symbol.toPrimitive]: () => timer.id,
    id: timer.id,
    ref() { return this; },
    unref() { return this; },
    hasRef: () => true,
    refresh() {
      if (!timers.has(timer.id)) return this;
      queue.splice(queue.indexOf(timer), 1);
      timer.due = own.now() + timer.wait;
      enqueue(timer);
      return this;
    },
    close() { timers.delete(timer.id); return this; },
  });
  const stop = (timer) => {
    if (timer !== undefined && timer !== null) timers.delete(typeof timer === 'object' ? timer.id : Number(timer));
  };
  // Those that were stopped are still in line.
  const next = () => {
    while (queue.length > 0 && !timers.has(queue[0].id)) queue.shift();
    return queue[0];
  };

  own.nextTimer = () => {
    const timer = next();
    if (timer === undefined) return undefined;
    const wait = Math.max(0, timer.due - own.now());
    if (timer.where !== undefined && wait > host.left()) {
      own.log(3, `a timer of ${timer.wait} ms takes longer than the turn has:`);
      own.log(3, timer.where);
    }
    return wait;
  };
  own.fireTimer = () => {
    const timer = next();
    queue.shift();
    if (timer.every) {
      timer.due = own.now() + timer.wait;
      enqueue(timer);
    } else {
      timers.delete(timer.id);
    }
    timer.call(...timer.values);
  };
  own.define(global, {
    setTimeout: (call, ms, ...values) => start(call, ms, values, false),
    setInterval: (call, ms, ...values) => start(call, ms, values, true),
    setImmediate: (call, ...values) => start(call, 0, values, false),
    clearTimeout: stop,
    clearInterval: stop,
    clearImmediate: stop,
    queueMicrotask: (call) => {
      if (typeof call !== 'function') throw new TypeError('The "callback" argument must be of type function');
      Promise.resolve().then(() => {
        try {
          call();
        } catch (problem) {
          own.fail('lambda-threw', problem);
        }
      });
    },
    performance: { now: own.now, timeOrigin: 0 },
  });
});
