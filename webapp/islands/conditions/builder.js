// A condition built by choosing: field, comparison, value. The server turns the structure into text and back.

import './conditions.css';

const ORDERED = ['at_least', 'at_most', 'more', 'less', 'between'];
const LISTS = ['in', 'between'];

export class ConditionBuilder {
  /**
   * @param {HTMLElement} box
   * @param {{fields: Array, operators: Array<string>, words: Object, changed: function(Object|null)}} options
   */
  constructor(box, { fields, operators, words, changed }) {
    Object.assign(this, { box, fields, operators, words, changed });
    this.structure = null;
  }

  /** Shows a structure, null for none. */
  show(structure) {
    this.structure = structure ?? { all: [] };
    if (this.structure.field) this.structure = { all: [this.structure] };
    this.draw();
  }

  draw() {
    this.box.replaceChildren(this.part(this.structure, null));
  }

  part(structure, remove) {
    if (structure.field !== undefined) return this.comparison(structure, remove);
    if (structure.not) return this.negation(structure, remove);
    return this.group(structure, remove);
  }

  group(structure, remove) {
    const kind = structure.any ? 'any' : 'all';
    const parts = structure[kind];
    const chosen = choice(['all', 'any'].map((each) => [each, this.words[each]]), kind, (value) => {
      delete structure[kind];
      structure[value] = parts;
      this.redraw();
    }, this.words.comparison);
    const children = parts.map((part, index) => this.part(part, () => {
      parts.splice(index, 1);
      this.redraw();
    }));
    const first = this.fields[0]?.id ?? '';
    const tools = made('div', 'row wrap');
    tools.append(
      button(this.words.add, () => { parts.push(this.fresh(first)); this.redraw(); }),
      button(this.words.group, () => { parts.push({ [kind === 'all' ? 'any' : 'all']: [this.fresh(first)] }); this.redraw(); }),
    );
    if (remove) tools.append(button(this.words.remove, remove));
    const box = made('div', 'condition-group');
    box.append(chosen, ...children, tools);
    return box;
  }

  negation(structure, remove) {
    const box = made('div', 'condition-group');
    const head = made('b');
    head.textContent = this.words.not;
    box.append(head, this.part(structure.not, remove));
    return box;
  }

  comparison(structure, remove) {
    const field = this.fields.find((each) => each.id === structure.field);
    const names = this.fields.map((each) => [each.id, each.label]);
    if (!field) names.unshift([structure.field, structure.field]); // what no form asks stays as it is
    const row = made('div', 'condition');
    const known = this.operatorsOf(field, structure.operator).map((each) => [each, this.words.operators[each]]);
    row.append(
      choice(names, structure.field, (value) => { Object.assign(structure, this.fresh(value)); this.redraw(); }, this.words.field),
      choice(known, structure.operator, (value) => { this.compare(structure, value); this.redraw(); }, this.words.comparison),
    );
    if (structure.operator !== 'holds') row.append(...this.values(structure, field));
    if (remove) row.append(button(this.words.remove, remove));
    return row;
  }

  operatorsOf(field, current) {
    const kind = field?.type ?? 'string';
    const fits = this.operators.filter((each) => {
      if (ORDERED.includes(each)) return kind !== 'string' && kind !== 'boolean' && kind !== 'list';
      if (each === 'contains') return kind === 'list';
      if (each === 'in') return kind !== 'boolean';
      return each !== 'holds' || kind === 'boolean';
    });
    return fits.includes(current) ? fits : [current, ...fits];
  }

  compare(structure, operator) {
    const [one] = [structure.value].flat();
    structure.operator = operator;
    if (operator === 'holds') delete structure.value;
    else if (operator === 'in') structure.value = [one ?? ''];
    else if (operator === 'between') structure.value = [one ?? 0, one ?? 0];
    else structure.value = one ?? '';
  }

  values(structure, field) {
    if (structure.operator === 'in' && field?.options.length) return [this.boxes(structure, field)];
    if (structure.operator === 'in') {
      const typed = structure.value.map((each) => plain(each)).join(', ');
      return [entry(typed, (text) => { structure.value = text.split(/\s*[,，、]\s*/).filter(Boolean).map((each) => valued(each, field)); this.tell(); }, this.words.value)];
    }
    if (LISTS.includes(structure.operator)) {
      return structure.value.map((each, index) => this.one(each, field, (value) => { structure.value[index] = value; this.tell(); }));
    }
    return [this.one(structure.value, field, (value) => { structure.value = value; this.tell(); })];
  }

  one(value, field, set) {
    const { words } = this;
    if (field?.type === 'boolean') {
      return choice([['true', words.yes], ['false', words.no], ['null', words.null]], String(value), (text) => set(JSON.parse(text)), words.value);
    }
    if (field?.options.length) {
      const options = field.options.map((each) => [each.value, each.label]);
      if (value !== null && !options.some(([each]) => each === value)) options.unshift([plain(value), plain(value)]);
      options.push(['\u0000', words.null]);
      return choice(options, value === null ? '\u0000' : plain(value), (text) => set(text === '\u0000' ? null : text), words.value);
    }
    return entry(plain(value), (text) => set(valued(text, field)), words.value, field?.type === 'date' ? 'date' : 'text');
  }

  /** The options of a field, each of which may be one of the values. */
  boxes(structure, field) {
    const box = made('fieldset', 'condition-options');
    const legend = made('legend', 'sr');
    legend.textContent = this.words.value;
    box.append(legend);
    for (const { value, label } of field.options) {
      const wrap = made('label');
      const tick = made('input');
      tick.type = 'checkbox';
      tick.checked = structure.value.includes(value);
      tick.addEventListener('change', () => {
        structure.value = tick.checked ? [...structure.value, value].filter((each) => each !== '') : structure.value.filter((each) => each !== value);
        this.tell();
      });
      wrap.append(tick, label);
      box.append(wrap);
    }
    return box;
  }

  fresh(id) {
    const field = this.fields.find((each) => each.id === id);
    const value = field?.type === 'boolean' ? true : field?.options[0]?.value ?? (field?.type === 'number' ? 0 : '');
    return field?.type === 'list' && this.operators.includes('contains') ? { field: id, operator: 'contains', value } : { field: id, operator: 'is', value };
  }

  redraw() {
    this.draw();
    this.tell();
  }

  tell() {
    const whole = trimmed(this.structure);
    this.changed(whole);
  }
}

/** The structure as it is sent: a group of one is that one, an empty group is nothing. */
function trimmed(structure) {
  if (structure.not) {
    const inner = trimmed(structure.not);
    return inner && { not: inner };
  }
  const kind = structure.any ? 'any' : structure.all ? 'all' : '';
  if (!kind) return structure;
  const parts = structure[kind].map(trimmed).filter(Boolean);
  return parts.length > 1 ? { [kind]: parts } : parts[0] ?? null;
}

function plain(value) {
  if (value === null || value === undefined) return '';
  if (typeof value === 'object') return value.number ?? value.feel?.match(/"(.*)"/)?.[1] ?? '';
  return String(value);
}

/** What was typed, as a value of the field's type. */
function valued(text, field) {
  if (field?.type === 'number') return /^-?\d{1,15}$/.test(text) ? Number(text) : { number: text };
  if (field?.type === 'date') return { feel: `date("${text}")` };
  if (field?.type === 'date and time') return { feel: `date and time("${text}")` };
  return text;
}

function made(tag, name = '') {
  const found = document.createElement(tag);
  found.className = name;
  return found;
}

function button(words, action) {
  const found = made('button', 'btn small');
  found.type = 'button';
  found.textContent = words;
  found.addEventListener('click', action);
  return found;
}

function choice(pairs, value, set, label) {
  const found = made('select');
  found.setAttribute('aria-label', label);
  found.append(...pairs.map(([key, words]) => new Option(words, key)));
  found.value = value;
  found.addEventListener('change', () => set(found.value));
  return found;
}

function entry(value, set, label, type = 'text') {
  const found = made('input');
  found.type = type;
  found.setAttribute('aria-label', label);
  found.value = value;
  found.addEventListener('input', () => set(found.value));
  return found;
}
