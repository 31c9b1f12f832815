// The buttons above the diagram.

import { icon, make } from './dom.js';

/** @param {{icon: string, label: string, run: function, id: string}[][]} groups buttons that belong together */
export function toolbar(container, words, groups) {
  const buttons = new Map();
  for (const group of groups) {
    const box = make('div', { class: 'mo-tools', role: 'group' });
    for (const { id, icon: sign, label, run, pressed } of group) {
      const button = make('button', { type: 'button', class: 'btn quiet icon small', title: words.say(label), 'aria-label': words.say(label), 'aria-pressed': pressed === undefined ? null : `${pressed}`, onclick: () => run(button) }, icon(sign));
      buttons.set(id, button);
      box.append(button);
    }
    container.append(box);
  }
  return buttons;
}

/** A button that opens a list of others. */
export function menu(words, { label, sign, entries }) {
  const box = make('div', { class: 'menu-box' }, ...entries.map((entry) => make('button', { type: 'button', onclick: () => { details.open = false; entry.run(); } }, icon(entry.icon), words.say(entry.label))));
  const details = make('details', { class: 'menu' }, make('summary', { class: 'btn' }, icon(sign), words.say(label)), box);
  return details;
}
