// The forwarding functions that docs/liveperson.md has one paste, run as they stand there. The platform's toolbelts are on no
// registry, so what stands in for them has just what these functions ask of them.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ACCOUNT, start } from './host.mjs';

const SECRETS = `
  SecretClient: () => ({ readSecret: async key => ({ key, value: globalThis.secrets[key] }) }),
`;
const TOOLBELTS = {
  'core-functions-toolbelt/index.mjs': `export const Toolbelt = { ${SECRETS} };`,
  // Fails on a status as the platform's client does, with what was sent in the error.
  'lp-faas-toolbelt/index.js': `exports.Toolbelt = { ${SECRETS}
    HTTPClient: () => async (uri, options) => {
      const { method, headers, body } = options;
      const sent = { ...headers, 'content-type': 'application/json' };
      const answer = await fetch(uri, { method, headers: sent, body: JSON.stringify(body) });
      if (!answer.ok) throw Object.assign(new Error(\`\${answer.status} - \${await answer.text()}\`), { options });
      return answer.json();
    },
  };`,
};

const folder = mkdtempSync(join(tmpdir(), 'retort-'));
const lambdas = {};
let host;

function write(name, text) {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

// The first block of JavaScript after a line.
function block(after) {
  const page = readFileSync(join(process.env.ROOT, 'docs/liveperson.md'), 'utf8');
  const from = page.slice(page.indexOf(`\n${after}\n`));
  return /```js\n([^]*?)```/.exec(from)[1];
}

before(async () => {
  host = await start({ tls: false });
  for (const [name, text] of Object.entries(TOOLBELTS)) write(`node_modules/${name}`, text);
  write('node_modules/core-functions-toolbelt/package.json', '{"exports": "./index.mjs"}');
  const first = write('first.cjs', `${block('First generation:')}\nmodule.exports = lambda;`);
  const lambda = createRequire(import.meta.url)(first);
  lambdas.first = input =>
    new Promise((resolve, reject) => lambda(input, (error, result) => (error ? reject(error) : resolve(result))));
  const second = write('second.mjs', `${block('Second generation:')}\nexport { lambda };`);
  ({ lambda: lambdas.second } = await import(pathToFileURL(second)));
});
after(async () => {
  await host?.stop();
  rmSync(folder, { recursive: true });
});

function serving(bot, token) {
  process.env.BOT_URL = `${host.url}/tenants/${ACCOUNT}/bots/${bot}/environments/production/respond`;
  globalThis.secrets = { 'retort-token': token };
}

for (const generation of ['first', 'second']) {
  test(`the forwarding function of the ${generation} generation hands on what it is given and what it gets`, async () => {
    serving('echo', host.token);
    const payload = { convId: generation, message: 'where is my parcel?', context: {} };
    assert.deepEqual(await lambdas[generation]({ headers: [], payload }), {
      messages: ['where is my parcel?'],
      context: {},
    });
  });

  test(`the forwarding function of the ${generation} generation stands a connection test, whatever that sends`, async () => {
    serving('echo', host.token);
    for (const input of [{ payload: {} }, {}]) {
      assert.deepEqual(await lambdas[generation](input), { messages: [], context: {} });
    }
  });

  test(`the forwarding function of the ${generation} generation says why there is no answer, and not its token`, async () => {
    for (const [bot, token, code] of [
      ['echo', 'made-up', 'unknown-token'],
      ['nobody', host.token, 'no-such-bot'],
    ]) {
      serving(bot, token);
      const failed = await lambdas[generation]({ payload: {} }).then(assert.fail, error => error);
      assert.ok(failed instanceof Error && failed.message.includes(code), failed.message);
      assert.ok(!JSON.stringify({ ...failed, message: failed.message }).includes(token));
    }
  });
}
