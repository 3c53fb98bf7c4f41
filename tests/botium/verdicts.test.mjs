// The same conversations, held by botium-core with a host that serves and by `retort test`. Where a file lies says what is to
// become of it: each case of one in `fail` fails and each other one passes, by both, and for the same line.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import botium from 'botium-core';
import { start, tested } from './host.mjs';
import { capabilities } from './rest.mjs';

const { ROOT } = process.env;
const HERE = join(ROOT, 'tests/botium');
const BOTS = {
  shop: { path: join(HERE, 'shop.js') },
  survey: { path: join(ROOT, 'plugins/survey'), grants: ['state:conversation', 'state:bot'] },
  concierge: { path: join(ROOT, 'plugins/concierge') },
};
const SUITES = {
  'a shop': ['shop', join(HERE, 'convos/shop')],
  'a survey': ['survey', join(HERE, 'convos/survey')],
  'the survey of the plugins': ['survey', join(ROOT, 'plugins/survey/convos')],
  'the concierge of the plugins': ['concierge', join(ROOT, 'plugins/concierge/convos')],
};
const TIMEOUT = { timeout: 300_000 };

let host;
before(async () => { host = await start(BOTS); }, TIMEOUT);
after(() => host?.stop());

for (const [title, [bot, convos]] of Object.entries(SUITES)) {
  test(`botium and retort say the same of what is said with ${title}`, TIMEOUT, async context => {
    const theirs = await held(convos, { ...host, respond: host.respond(bot) });
    const ours = new Map(tested(BOTS[bot], convos, host.folder).map(case_ => verdict(convos, case_)));
    const names = [...new Set([...theirs.keys(), ...ours.keys()])].sort();
    const wrong = names.filter(name => !isAsMeant(name, theirs.get(name), ours.get(name)));
    const told = wrong.map(name => ({ name, botium: theirs.get(name), retort: ours.get(name) }));
    assert.equal(wrong.length, 0, JSON.stringify(told, null, 2));
    const files = names => new Set(names.map(name => name.split(' ')[0])).size;
    const failing = names.filter(fails);
    const passing = names.filter(name => !fails(name));
    context.diagnostic(`${files(passing)} files pass and ${files(failing)} fail, in ${names.length} cases`);
  });
}

const fails = name => name.startsWith('fail/');

function isAsMeant(name, theirs, ours) {
  if (!fails(name)) return theirs?.is === 'pass' && ours?.is === 'pass';
  // What fails stands in the last section of its file. botium names none for what may come and does not.
  const isOfOneLine = ours?.isLast && (!theirs?.where || theirs.where === ours.where);
  return theirs?.is === 'fail' && ours?.is === 'fail' && isOfOneLine;
}

async function held(convos, at) {
  const verdicts = new Map();
  for (const welcome of [false, true]) {
    const driver = new botium.BotDriver(capabilities(at, { welcome }));
    const compiler = driver.BuildCompiler();
    compiler.ReadScriptsFromDirectory(convos);
    compiler.ExpandConvos();
    const begins = convo => convo.conversation.find(({ sender }) => ['me', 'bot'].includes(sender))?.sender === 'bot';
    for (const convo of compiler.convos.filter(convo => begins(convo) === welcome)) {
      const name = `${convo.sourceTag.filename} ${convo.header.name}`;
      assert.ok(!verdicts.has(name), `two cases have the name ${name}`);
      verdicts.set(name, await run(driver, convo));
    }
  }
  return verdicts;
}

async function run(driver, convo) {
  const container = await driver.Build();
  try {
    await container.Start();
    await convo.Run(container);
    return { is: 'pass' };
  } catch ({ message }) {
    // A section is named after its line, and these after themselves.
    return { is: 'fail', where: message.match(/Line \d+|#begin|#end/)?.[0], why: message };
  } finally {
    await container.Stop();
    await container.Clean();
  }
}

function verdict(convos, { file, name, outcome, failure }) {
  const is = outcome === 'passed' ? 'pass' : 'fail';
  if (!failure) return [`${file} ${name}`, { is }];
  const lines = readFileSync(join(convos, failure.file), 'utf8').split('\n');
  const tags = lines.map((line, at) => [line, at + 1]).filter(([line]) => /^#(begin|end|me|bot)\b/.test(line));
  const [section] = tags.find(([, at]) => at === failure.line) ?? [];
  const where = ['#begin', '#end'].includes(section) ? section : `Line ${failure.line}`;
  return [`${file} ${name}`, { is, where, why: failure.what, isLast: tags.at(-1)?.[1] === failure.line }];
}
