// A question the person has to answer, as a dialog of the page.

import { make } from './dom.js';

/**
 * @param {{title: string, words: string[], body?: Node, answers: {value: string, label: string, primary?: boolean}[], wide?: boolean}} question
 * @returns {Promise<string>} the value of the answer; "" when it was closed
 */
export function ask({ title, words, body, answers, wide }) {
  const dialog = make('dialog', { class: `mo-dialog${wide ? ' wide' : ''}`, 'aria-labelledby': 'mo-dialog-title' },
    make('h2', { id: 'mo-dialog-title', text: title }),
    ...words.map((text) => make('p', { text })),
    body ?? null,
    make('div', { class: 'mo-dialog-end' }, ...answers.map(({ value, label, primary }) =>
      make('button', { type: 'button', class: `btn${primary ? ' primary' : ''}`, text: label, onclick: () => { dialog.returnValue = value; dialog.close(value); } }))));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue);
    });
  });
}
