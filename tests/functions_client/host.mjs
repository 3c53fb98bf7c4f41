// A real host, under TLS or not, with a bot and two functions, for a client that knows it by names of its own.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import selfsigned from 'selfsigned';

const { RETORT, ROOT, CARGO_TARGET_DIR } = process.env;

export const ACCOUNT = '4711';
// The client takes a host for the second version if its name says so.
export const V1 = 'faas.retort.test';
export const V2 = 'functions.retort.test';

export async function start({ tls } = { tls: true }) {
  const folder = mkdtempSync(join(tmpdir(), 'retort-'));
  const at = name => join(folder, name);
  const pair = await certificate();
  writeFileSync(at('cert.pem'), pair.cert);
  writeFileSync(at('key.pem'), pair.private, { mode: 0o600 });
  const host = spawn(
    RETORT,
    [
      ...['serve', '--data', at('data'), '--listen', '127.0.0.1:0'],
      ...(tls ? ['--tls-cert', at('cert.pem'), '--tls-key', at('key.pem')] : []),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, RETORT_LOG__FILTER: 'error' } },
  );
  const [line] = await once(createInterface({ input: host.stdout }), 'line');
  const url = line.replace('listening on ', '');
  const token = readFileSync(at('data/admin.token'), 'utf8').trim();
  const retort = (...args) =>
    execFileSync(RETORT, [...args, '--tenant', ACCOUNT, '--url', url, '--ca', at('cert.pem')], {
      env: { ...process.env, RETORT_TOKEN: token },
      stdio: ['ignore', 'pipe', 'inherit'],
    }).toString();
  const stop = async () => {
    host.kill();
    await once(host, 'exit');
    rmSync(folder, { recursive: true });
  };
  try {
    deploy(retort, at);
    if (tls) reach(new URL(url).port, pair.cert);
    return { url, token, uuids: uuids(retort), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function certificate() {
  const names = [V1, V2, '127.0.0.1'].map(value => ({ type: 2, value }));
  names.push({ type: 7, ip: '127.0.0.1' });
  return selfsigned.generate([{ name: 'commonName', value: V1 }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: names }],
  });
}

function deploy(retort, at) {
  const production = ['--environment', 'production', '--bot'];
  retort('deploy', join(ROOT, 'plugins/echo'), ...production, 'echo');
  const event = ['--event', 'bot_connectors_pre_hook'];
  retort('deploy', join(ROOT, 'plugins/pre-hook'), ...production, 'hook', ...event);
  // Does what it is told, and so fails as it is told.
  const bots = join(ROOT, 'tests/bots');
  const build = ['build', '--locked', '--release', '--target', 'wasm32-wasip2', '--example', 'function'];
  execFileSync('cargo', build, { cwd: bots, stdio: ['ignore', 'ignore', 'inherit'] });
  const target = CARGO_TARGET_DIR ?? join(bots, 'target');
  writeFileSync(at('settings.toml'), 'events = ["conversational_command"]\n[limits]\ndeadline_ms = 200\n');
  const told = join(target, 'wasm32-wasip2/release/examples/function.wasm');
  retort('deploy', told, ...production, 'told', '--settings', at('settings.toml'));
}

function uuids(retort) {
  const { bots } = JSON.parse(retort('bots', '--json'));
  return Object.fromEntries(bots.map(({ name, uuid }) => [name, uuid]));
}

// The client writes no port into its URLs and looks names up: here all of them lead to the host, and its own certificate is
// what is trusted. Nothing else of the client is touched.
function reach(port, ca) {
  const agent = new https.Agent({ ca });
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, done) => connect({ ...options, host: '127.0.0.1', port }, done);
  https.globalAgent = agent;
}
