// Runs each lambda of a folder in Node, the way LivePerson runs one, and prints what came of it: a JSON object of
// `{ result }` or `{ error }` by the names of the files. The libraries that lambdas find are those of another folder.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import vm from 'node:vm';

const [folder, libraries, payload] = process.argv.slice(2);
const TAIL = "\n;globalThis.__lambda = typeof lambda === 'function' ? lambda : undefined;";
const toolbelt = { Toolbelt: { SecretClient: () => ({ readSecret() {} }) } };
const installed = createRequire(path.join(libraries, 'index.js'));
const required = (name) => (/toolbelt$/.test(name) ? toolbelt : installed(name));
const imported = (name, context) => {
  const all = required(name);
  const names = [...new Set([...Object.keys(all), 'default'])];
  const set = function () { for (const one of names) this.setExport(one, one === 'default' ? all : all[one]); };
  return new vm.SyntheticModule(names, set, { context });
};

async function outcome(file) {
  const source = fs.readFileSync(path.join(folder, file), 'utf8');
  const module = { exports: {} };
  const console = Object.fromEntries(['debug', 'log', 'info', 'warn', 'error'].map((name) => [name, () => {}]));
  const given = {
    console, module, exports: module.exports, require: required, process: { env: { GREETING: 'Grüß Gott' } },
    setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate, queueMicrotask,
    TextEncoder, TextDecoder, atob, btoa, Buffer, URL, URLSearchParams,
  };
  const context = vm.createContext(given);
  vm.runInContext('globalThis.structuredClone = (value) => value;', context);
  let found;
  if (/^\s*(import|export)[\s{]/m.test(source)) {
    const script = new vm.SourceTextModule(source + TAIL, { context, identifier: file });
    await script.link((name) => imported(name, context));
    await script.evaluate();
    found = context.__lambda ?? script.namespace.default;
  } else {
    vm.runInContext(source, context, { filename: file });
    found = vm.runInContext("typeof lambda === 'function' ? lambda : undefined", context);
    found ??= typeof module.exports === 'function' ? module.exports : module.exports.lambda;
  }
  context.__input = JSON.stringify({ headers: [], payload: JSON.parse(payload) });
  context.__found = found;
  const invoke = `new Promise((resolve, reject) => {
    const call = (error, value) => (error ? reject(error) : resolve(value));
    const returned = __found(JSON.parse(__input), call);
    if (__found.length < 2) resolve(returned);
    else if (returned instanceof Promise) returned.catch(reject);
  }).then((value) => JSON.stringify(value) ?? 'null')`;
  return vm.runInContext(invoke, context).then(
    (result) => ({ result: JSON.parse(result) }),
    (error) => ({ error: words(error) }),
  );
}

function words(error) {
  if (typeof error?.stack === 'string') return `${error.name}: ${error.message}`;
  return typeof error === 'string' ? error : JSON.stringify(error);
}

const outcomes = {};
for (const file of fs.readdirSync(folder).sort()) {
  outcomes[file] = await outcome(file).catch((error) => ({ error: words(error) }));
}
console.log(JSON.stringify(outcomes));
