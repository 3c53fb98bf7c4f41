// A real host with the bots that are talked with, and `retort test` of the same bots.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const { RETORT, ROOT } = process.env;
// Whatever hangs ends by this. A bot in Rust may have to be built first.
const LONGEST_MS = 300_000;
const TENANT = 'shops';
// Verdicts are compared, and not how fast a machine is that builds something meanwhile.
const SETTINGS = {
  RETORT_LOG__FILTER: 'error',
  RETORT_LIMITS__DEADLINE_MS: '10000',
  RETORT_SANDBOX__DEADLINE_CEILING_MS: '10000',
};

// Each bot by its name: where it is, and what it is granted.
export async function start(bots) {
  const folder = mkdtempSync(join(tmpdir(), 'retort-'));
  const data = join(folder, 'data');
  const host = spawn(RETORT, ['serve', '--data', data, '--listen', '127.0.0.1:0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...SETTINGS },
    timeout: LONGEST_MS,
  });
  const ended = once(host, 'exit');
  const stop = async () => {
    host.kill();
    await ended;
    rmSync(folder, { recursive: true });
  };
  try {
    const [line] = await Promise.race([once(createInterface({ input: host.stdout }), 'line'), ended]);
    const url = String(line).replace('listening on ', '');
    const token = readFileSync(join(data, 'admin.token'), 'utf8').trim();
    const at = ['--tenant', TENANT, '--url', url, '--environment', 'production'];
    for (const [name, { path, grants = [] }] of Object.entries(bots)) {
      const granted = grants.flatMap(grant => ['--grant', grant]);
      retort(['deploy', path, ...at, '--bot', name, ...granted], { RETORT_TOKEN: token });
    }
    const respond = name => `${url}/tenants/${TENANT}/bots/${name}/environments/production/respond`;
    return { respond, token, folder, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

// What `retort test` says of each case of a folder.
export function tested(bot, convos, folder) {
  return JSON.parse(readFileSync(reported(bot, convos, join(folder, 'report.json')), 'utf8')).cases;
}

// The report of it, in the format that the file's name asks for.
export function reported({ path }, convos, report) {
  try {
    retort(['test', path, '--convos', convos, '--report', report]);
  } catch (error) {
    // That some have failed is what they are for.
    if (error.status !== 6) throw error;
  }
  return report;
}

// What goes wrong is in the error.
function retort(args, settings) {
  const env = { ...process.env, ...settings };
  execFileSync(RETORT, args, { cwd: ROOT, env, stdio: ['ignore', 'ignore', 'pipe'], timeout: LONGEST_MS });
}
