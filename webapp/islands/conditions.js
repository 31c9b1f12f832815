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
  const builder = new ConditionBuilder(box, {
    fields,
    words: settings.words,
    operators: settings.form ? IN_FORMS : Object.keys(settings.words.operators),
    changed: later(PAUSE, () => {}),
  });
  builder.changed = async (structure) => {
    const answer = structure ? await send('POST', settings.conditions, { structure }) : { text: '' };
    if (!answer) return;
    text.value = answer.text;
    problem.textContent = answer.error?.message ?? '';
  };
  const read = async () => {
    const answer = text.value.trim() ? await send('POST', settings.conditions, { text: text.value }) : { structure: null };
    if (!answer) return;
    problem.textContent = answer.error ? `${answer.error.message} ${answer.error.way_out}`.trim() : answer.only_text ? settings.words.only_text : '';
    box.hidden = Boolean(answer.error || answer.only_text);
    if (!box.hidden) builder.show(answer.structure);
  };
  text.addEventListener('input', later(PAUSE, read));
  await read();
}
