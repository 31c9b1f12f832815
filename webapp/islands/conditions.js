// The page of conditions: one is built by choosing, or written as text.
//
//   #condition  the text field
//   #settings   JSON: conditions, choices (addresses), form (forms know fewer comparisons), words
//   #builder    where the builder stands; #condition-problem says what is wrong with the text

import { ConditionBuilder } from './conditions/builder.js';
import { later } from './decisions/later.js';
import { request, send } from './decisions/sending.js';

const IN_FORMS = ['is', 'in', 'at_least', 'at_most', 'between'];
const PAUSE = 300; // milliseconds

const text = document.getElementById('condition');
begin().finally(() => { document.body.dataset.ready = '1'; });

async function begin() {
  const settings = JSON.parse(document.getElementById('settings').textContent);
  const box = document.getElementById('builder');
  const problem = document.getElementById('condition-problem');
  const { fields } = await (await request('GET', settings.choices)).json();
  let built = null; // a structure that is not in the text field yet
  let turn = 0; // of whoever changed the condition last: an answer that comes late counts no more
  const write = async () => {
    if (!built) return;
    const mine = turn;
    const { structure } = built;
    const answer = structure ? await send('POST', settings.conditions, { structure }) : { text: '' };
    if (mine !== turn) return;
    built = null;
    if (!answer) return;
    if (answer.text !== null) text.value = answer.text;
    problem.textContent = answer.error?.message ?? '';
  };
  const soon = later(PAUSE, write);
  const builder = new ConditionBuilder(box, {
    fields,
    words: settings.words,
    operators: settings.form ? IN_FORMS : Object.keys(settings.words.operators),
    changed: (structure) => {
      built = { structure };
      turn += 1;
      soon();
    },
  });
  const read = async () => {
    const mine = turn;
    const answer = text.value.trim() ? await send('POST', settings.conditions, { text: text.value }) : { structure: null };
    if (!answer || mine !== turn) return;
    problem.textContent = answer.error ? `${answer.error.message} ${answer.error.way_out}`.trim() : answer.only_text ? settings.words.only_text : '';
    box.hidden = Boolean(answer.error || answer.only_text);
    if (!box.hidden) builder.show(answer.structure);
  };
  text.addEventListener('input', () => {
    built = null;
    turn += 1;
  });
  text.form.addEventListener('submit', async (event) => {
    if (!built) return;
    event.preventDefault();
    await write();
    if (!built && !problem.textContent) text.form.requestSubmit();
  });
  text.addEventListener('input', later(PAUSE, read));
  await read();
}
