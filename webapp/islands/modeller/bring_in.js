// A BPMN file of another program: looked at by the server, drawn where it has no drawing, and put in place of this diagram.

import { ask } from './ask.js';
import { make } from './dom.js';

export async function bringIn(context, saving, problems) {
  const { settings, words: { say }, editor } = context;
  const file = await chosenFile();
  if (!file) return;
  const form = new FormData();
  form.append('file', file);
  const answer = await fetch(settings.foreign, { method: 'POST', headers: { 'X-CSRF-Token': settings.token }, body: form });
  const found = await answer.json().catch(() => null);
  if (!answer.ok || !found?.xml) {
    await ask({ title: say('This file cannot be brought in'), words: [found?.reason ?? say('It is no BPMN file, or too large.')], answers: [{ value: '', label: say('Close'), primary: true }] });
    return;
  }
  const must = found.findings.filter((each) => each.severity === 'error');
  const list = make('ul', { class: 'mo-problem-list' }, ...must.map((each) => make('li', {}, make('span', { text: `${each.element ? `${each.element}: ` : ''}${each.message}` }))));
  const chosen = await ask({
    title: say('Bring in {file}', { file: file.name }),
    words: [
      ...(found.drawn ? [say('The file had no complete drawing; it was drawn anew.')] : []),
      must.length ? say('{number} things must change before it runs here. They stay in the list of problems.', { number: must.length }) : say('Everything in it runs here.'),
      say('It takes the place of the diagram on this page. Nothing is saved until you save.'),
    ],
    body: must.length ? list : null,
    answers: [{ value: '', label: say('Cancel') }, { value: 'take', label: say('Take its place'), primary: true }],
  });
  if (chosen !== 'take') return;
  await editor.open(found.xml);
  editor.fit();
  saving.changed();
  problems.ask();
}

function chosenFile() {
  return new Promise((resolve) => {
    const input = make('input', { type: 'file', accept: '.bpmn,.xml', hidden: true, class: 'mo-file', onchange: () => { resolve(input.files[0]); input.remove(); } });
    input.addEventListener('cancel', () => { resolve(null); input.remove(); });
    document.body.append(input);
    input.click();
  });
}
