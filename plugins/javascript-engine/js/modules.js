// `require` and `import`: LivePerson's toolbelt as far as a sandboxed bot has what it is for, the libraries that are
// bundled, and for all else what to use instead.
(function (host, own, global) {
  const cached = (make) => {
    let made;
    return () => (made ??= make());
  };
  const elsewhere = (name, instead) => {
    throw new Error(`${name} is not available here: ${instead}`);
  };

  class SecretClient {
    async readSecret(key) {
      const name = typeof key === 'object' && key !== null ? key.key : key;
      const said = host.secret(own.text(name));
      if (said.kind === undefined) return { key: String(name), value: parsed(said.value) };
      throw Object.assign(new Error(`the secret "${name}" cannot be read: ${said.problem}`), {
        code: said.kind === 'not-set' ? 'com.liveperson.faas.secret.not-found' : 'com.liveperson.faas.secret.forbidden',
      });
    }
    async updateSecret() {
      elsewhere('SecretClient.updateSecret', 'an operator sets secrets, with `retort secrets`');
    }
  }
  // LivePerson keeps secrets that are JSON as such.
  const parsed = (value) => {
    if (!/^\s*[[{]/.test(value)) return value;
    try {
      return JSON.parse(value);
    } catch (problem) {
      return value;
    }
  };

  // The client of V1: a promise of the body, or of the whole response; another status than 2xx rejects, unless
  // `simple` is false.
  const HTTPClient = async (from, options = {}) => {
    const { url = from, method = 'GET', headers = {}, qs, body, json, form, simple = true, resolveWithFullResponse } =
      typeof from === 'object' ? { ...from, ...options, url: from.url ?? from.uri } : options;
    const sent = new global.Headers(headers);
    let bytes = body;
    const pairs = (values) =>
      Object.entries(values).map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`).join('&');
    if (form !== undefined) {
      bytes = typeof form === 'string' ? form : pairs(form);
      sent.set('content-type', 'application/x-www-form-urlencoded');
    } else if (json !== undefined && json !== false) {
      const value = json === true ? body : json;
      if (value !== undefined) {
        bytes = JSON.stringify(value);
        if (!sent.has('content-type')) sent.set('content-type', 'application/json');
      }
      if (!sent.has('accept')) sent.set('accept', 'application/json');
    }
    const at = qs ? `${url}${String(url).includes('?') ? '&' : '?'}${pairs(qs)}` : String(url);
    const sentBody = bytes === undefined || bytes === null ? undefined : own.bytesOf(bytes);
    const answer = own.send(String(method).toUpperCase(), at, sent, sentBody);
    const text = host.text(answer.body);
    let read = text;
    if (json) {
      try {
        read = JSON.parse(text);
      } catch (problem) {
        // As it came, where it is no JSON.
      }
    }
    const names = answer.names.map((name, index) => [name, answer.values[index]]);
    const whole = { statusCode: answer.status, headers: Object.fromEntries(names), body: read };
    if (simple && (answer.status < 200 || answer.status > 299)) {
      const problem = new Error(`${answer.status} - ${typeof read === 'string' ? read : JSON.stringify(read)}`);
      throw Object.assign(problem, { name: 'StatusCodeError', statusCode: answer.status, error: read, response: whole });
    }
    return resolveWithFullResponse ? whole : read;
  };

  const LATER = {
    LpClient: 'call the API by `fetch`, with a rule that injects its token from a secret',
    ConversationUtil: 'call the Messaging History API by `fetch`',
    SDEUtil: 'engagement attributes come with the payload, in `context.lpSdes`',
    GDPRUtil: 'call the GDPR API by `fetch`',
    SFClient: 'call Salesforce by `fetch`',
    ContextServiceClient: 'call the Context Session Store by `fetch`',
    MTLSClient: 'certificates of clients are not supported',
    LpMtlsClient: 'certificates of clients are not supported',
    OrchestratorClient: 'have the platform invoke the function, by the action INVOCATION',
    CsdsClient: 'name the domain of the API yourself',
  };
  const toolbelt = cached(() => {
    const Toolbelt = {
      SecretClient: (...values) => new SecretClient(...values),
      HTTPClient: () => HTTPClient,
    };
    for (const [name, instead] of Object.entries(LATER)) Toolbelt[name] = () => elsewhere(`Toolbelt.${name}`, instead);
    const classes = Object.fromEntries(
      Object.entries(LATER).map(([name, instead]) => [name, class { constructor() { elsewhere(name, instead); } }]),
    );
    return { Toolbelt, SecretClient, ...classes };
  });

  const util = cached(() => ({
    format: (...values) => own.formatted(values),
    inspect: (value) => own.formatted([value]),
    isDeepStrictEqual: (one, other) => own.json(one) === own.json(other),
    types: { isPromise: (value) => value instanceof Promise, isDate: (value) => value instanceof Date },
    promisify: (call) => (...values) =>
      new Promise((resolve, reject) => call(...values, (error, value) => (error ? reject(error) : resolve(value)))),
    TextEncoder: global.TextEncoder,
    TextDecoder: global.TextDecoder,
  }));
  const timers = cached(() => {
    const { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate } = global;
    return { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate };
  });
  const waits = cached(() => ({
    setTimeout: (ms, value) => new Promise((resolve) => global.setTimeout(resolve, ms, value)),
    setImmediate: (value) => new Promise((resolve) => global.setImmediate(resolve, value)),
  }));

  const modules = new Map([
    ['core-functions-toolbelt', toolbelt],
    ['lp-faas-toolbelt', toolbelt],
    ['util', util],
    ['timers', timers],
    ['timers/promises', waits],
    ['process', () => global.process],
  ]);

  // A bundled library, run by who first asks for it.
  const libraries = new Map();
  own.library = (name, run) => {
    if (!libraries.has(name)) {
      // While it runs it may ask whether what it is for is there already.
      libraries.set(name, {});
      const module = { exports: {} };
      (run ?? host.library(name))(module, module.exports);
      libraries.set(name, module.exports);
    }
    return libraries.get(name);
  };
  for (const name of ['lodash', 'es-toolkit', 'buffer', 'url']) modules.set(name, () => own.library(name));
  for (const [global_, name] of [['Buffer', 'buffer'], ['URL', 'url'], ['URLSearchParams', 'url']]) {
    const set = (value) => own.define(global, { [global_]: value });
    Object.defineProperty(global, global_, { configurable: true, enumerable: false, get: () => own.library(name)[global_], set });
  }
  own.isSearchParams = (value) => libraries.has('url') && value instanceof own.library('url').URLSearchParams;

  const INSTEAD = {
    axios: 'use `fetch`',
    'node-fetch': 'use `fetch`, which is there without it',
    request: 'use `fetch`',
    'request-promise': 'use `fetch`',
    got: 'use `fetch`',
    http: 'use `fetch`',
    https: 'use `fetch`',
    jsforce: 'call Salesforce by `fetch`',
    fs: 'a bot has no files; put what it needs into its configuration, or into its source',
    path: 'a bot has no files',
    child_process: 'a bot has no processes',
    worker_threads: 'a bot has no threads',
    querystring: 'use `URLSearchParams`',
    crypto: 'use `crypto.randomUUID` and `crypto.getRandomValues`, which are there without it',
    uuid: 'use `crypto.randomUUID()`',
    moment: 'use `Date`',
    luxon: 'use `Date`',
    jsonwebtoken: 'have the host inject tokens, by a rule with a secret',
    'oauth-1.0a': 'have the host inject credentials, by a rule with a secret',
  };
  const plain = (name) => String(name).replace(/^node:/, '');
  // lodash has a file for each of its functions.
  const part = (name) => /^lodash\/(?!name|length|prototype)(\w+)(\.js)?$/.exec(name)?.[1];
  own.unavailable = (name) => {
    if (modules.has(plain(name)) || (part(name) !== undefined && Object.hasOwn(own.library('lodash'), part(name)))) return undefined;
    const known = Object.hasOwn(INSTEAD, plain(name)) ? INSTEAD[plain(name)] : undefined;
    const instead = known ?? (/^[./]/.test(name) ? 'a lambda is one file' : `there are ${[...modules.keys()].join(', ')}`);
    return `it is not available here: ${instead}`;
  };
  const require = (name) => {
    const problem = own.unavailable(name);
    if (problem !== undefined) throw Object.assign(new Error(`Cannot find module '${name}': ${problem}`), { code: 'MODULE_NOT_FOUND' });
    return part(name) === undefined ? modules.get(plain(name))() : own.library('lodash')[part(name)];
  };
  // What `import` loads: each name of the module, and the whole as its default.
  own.moduleSource = (name) => {
    const names = Object.keys(require(name)).filter((key) => /^[A-Za-z_$][\w$]*$/.test(key) && key !== 'default');
    const each = names.map((key, at) => `const _${at} = _all[${JSON.stringify(key)}];`).join('');
    const exported = names.map((key, at) => `_${at} as ${key}`).join(',');
    return `const _all = (0, globalThis[Symbol.for('retort.importing')])(${JSON.stringify(name)});${each}export {${exported}};export default _all;`;
  };
  Object.defineProperty(global, Symbol.for('retort.importing'), { value: require });

  const module = { exports: {} };
  own.define(global, { require, module, exports: module.exports });
});
