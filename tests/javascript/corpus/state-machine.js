const STEPS = { start: { ask: 'What is your name?', next: 'name' }, name: { ask: 'How many?', next: 'count', check: (t) => t.length > 1 }, count: { ask: 'Done', next: null, check: (t) => /^\d+$/.test(t) } };
async function lambda(input) {
  const said = ['', 'Ada', 'x', '12'];
  let at = 'start';
  const log = [];
  for (const text of said) {
    const step = STEPS[at];
    if (step.check && !step.check(text)) { log.push(`? ${step.ask}`); continue; }
    log.push(step.ask);
    at = step.next ?? at;
  }
  return { at, log };
}
