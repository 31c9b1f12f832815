// Test rows: what was given, what was expected, and whether the table still says it.

import { written } from './trial.js';

export class Rows {
  constructor(list, words) {
    this.element = list;
    this.words = words;
    this.list = null; // null: those of the draft, nothing was changed here
    this.toml = null; // the changed rows as a file
    this.dirty = false;
    this.changed = () => {};
    this.tried = () => {};
  }

  add(row) {
    this.list = [...(this.list ?? this.shown ?? []), row];
    this.dirty = true;
  }

  remove(index) {
    this.list = (this.list ?? this.shown).filter((_, place) => place !== index);
    this.dirty = true;
    this.changed();
  }

  /** Shows what became of the rows; whether the file has to be saved. */
  show(answer) {
    this.shown = answer.rows;
    if (this.list !== null) this.toml = answer.toml;
    const nothing = answer.unreadable ? this.words.unreadable : this.words.no_rows;
    this.element.replaceChildren(...(answer.rows.length ? answer.rows.map((row, index) => this.item(row, index)) : [plain('li', nothing, 'muted')]));
    const save = this.dirty;
    this.dirty = false;
    return save;
  }

  item(row, index) {
    const entry = document.createElement('li');
    entry.className = row.passed ? 'row-passed' : 'row-failed';
    const grow = document.createElement('div');
    grow.className = 'grow';
    const chip = plain('span', row.passed ? this.words.passed : this.words.differs, `chip ${row.passed ? 'ok' : 'bad'}`);
    const head = document.createElement('div');
    head.className = 'row wrap';
    head.append(plain('b', row.name || row.decision), chip);
    grow.append(head, plain('div', `${pairs(row.given)} → ${pairs(row.expect)}`, 'sub'));
    if (row.error) grow.append(plain('div', row.error, 'error'));
    const tools = document.createElement('div');
    tools.className = 'row';
    tools.append(
      button(this.words.into_trial, () => this.tried(row)),
      button(this.words.remove, () => this.remove(index)),
    );
    grow.append(tools);
    entry.append(grow);
    return entry;
  }
}

function pairs(values) {
  return Object.entries(values).map(([name, value]) => `${name} = ${value === null ? '—' : written(value)}`).join(', ');
}

function plain(tag, words, name = '') {
  const found = document.createElement(tag);
  found.className = name;
  found.textContent = words;
  return found;
}

function button(words, action) {
  const found = plain('button', words, 'btn small');
  found.type = 'button';
  found.addEventListener('click', action);
  return found;
}
