// `process`: its environment is the bot's configuration. Read when it is first looked at, since it is another one with
// each deployment.
(function (host, own, global) {
  let env;
  own.forgotten.push(() => (env = undefined));
  const read = () => {
    if (env === undefined) {
      env = {};
      const pairs = host.config();
      for (let at = 0; at < pairs.length; at += 2) env[pairs[at]] = pairs[at + 1];
    }
    return env;
  };
  const process = {
    argv: [],
    platform: 'linux',
    version: 'v22.0.0',
    versions: { node: '22.0.0' },
    cwd: () => '/',
    uptime: () => own.now() / 1000,
    hrtime: Object.assign(
      (before) => {
        const now = own.now();
        const time = [Math.floor(now / 1000), Math.round((now % 1000) * 1e6)];
        if (!before) return time;
        const nanos = (time[0] - before[0]) * 1e9 + time[1] - before[1];
        return [Math.floor(nanos / 1e9), nanos % 1e9];
      },
      { bigint: () => BigInt(Math.round(own.now() * 1e6)) },
    ),
    memoryUsage: () => ({ rss: 0, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 }),
    nextTick: (call, ...values) => global.queueMicrotask(() => call(...values)),
    on: () => process,
    once: () => process,
    emitWarning: (warning) => global.console.warn(warning),
    exit: () => {
      throw new Error('process.exit is not available here: call back, return, or throw');
    },
  };
  Object.defineProperty(process, 'env', {
    enumerable: true,
    configurable: true,
    get: read,
    set: (other) => void (env = other),
  });
  own.define(global, { process, global });
});
