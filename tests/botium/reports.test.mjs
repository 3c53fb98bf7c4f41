// What `retort test` reports, read by what others read test results with: both formats tell the same.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parseV2 } from 'test-results-parser';
import { reported } from './host.mjs';

const HERE = join(process.env.ROOT, 'tests/botium');
const folder = mkdtempSync(join(tmpdir(), 'retort-'));
after(() => rmSync(folder, { recursive: true }));

test('a reader of JUnit finds in one report what the other one says', { timeout: 300_000 }, () => {
  const report = format => reported({ path: join(HERE, 'shop.js') }, join(HERE, 'convos/shop'), join(folder, `report.${format}`));
  const { cases, passed, failed } = JSON.parse(readFileSync(report('json'), 'utf8'));
  assert.ok(passed >= 20 && failed >= 20, `${passed} passed, ${failed} failed`);

  const { result, errors } = parseV2({ type: 'junit', files: [report('xml')] });
  assert.deepEqual(errors, []);
  assert.deepEqual([result.total, result.passed, result.failed], [cases.length, passed, failed]);
  const read = result.suites.flatMap(suite => suite.cases.map(({ name, status, failure }) => ({ level: suite.name, name, status, failure })));
  for (const [at, { level, name, outcome, failure }] of cases.entries()) {
    assert.deepEqual([read[at].level, read[at].name], [level, name]);
    assert.equal(read[at].status, outcome === 'passed' ? 'PASS' : 'FAIL');
    // The reader shows markup and line ends in its own way; words are words.
    if (failure) assert.ok(read[at].failure.includes(failure.what.split(/[<>&"'\n]/)[0]), read[at].failure);
  }
});
