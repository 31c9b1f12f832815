// Trying a table: a field for everything it asks for, and what it says.

export class Trial {
  constructor(form, answer, words) {
    this.form = form;
    this.answer = answer;
    this.words = words;
    this.inputs = '';
    this.outcome = null;
    this.kept = {}; // name -> typed text, over all tables of the file
    this.changed = () => {};
    form.addEventListener('submit', (event) => event.preventDefault());
    form.addEventListener('input', () => {
      for (const field of form.elements) this.kept[field.name] = field.value;
      this.changed();
    });
  }

  /** What was typed, by name. */
  given() {
    return Object.fromEntries([...this.form.elements].map((field) => [field.name, field.value]));
  }

  /** Puts the values of a test row into the fields, those of tables that are shown later too. */
  fill(values) {
    for (const [name, value] of Object.entries(values)) this.kept[name] = value === null ? '' : written(value);
    for (const field of this.form.elements) field.value = this.kept[field.name] ?? '';
  }

  /** Shows the fields of a table; whether they ask for what was typed before. */
  shape(decision) {
    const inputs = decision?.inputs ?? [];
    const same = JSON.stringify(inputs) === this.inputs;
    if (same) return false;
    this.inputs = JSON.stringify(inputs);
    this.form.replaceChildren(...inputs.map((input) => this.field(input)));
    if (decision && !inputs.length) this.form.textContent = this.words.no_input;
    return inputs.some((input) => this.kept[input.name]);
  }

  field(input) {
    const box = document.createElement('div');
    box.className = 'field';
    const label = document.createElement('label');
    label.htmlFor = `try-${input.name}`;
    label.textContent = input.label;
    const options = input.type === 'boolean'
      ? [{ value: 'true', label: this.words.yes }, { value: 'false', label: this.words.no }]
      : input.options;
    const control = document.createElement(options.length ? 'select' : 'input');
    if (options.length) control.append(...[{ value: '', label: this.words.empty }, ...options].map(option));
    else control.type = { date: 'date', 'date and time': 'datetime-local' }[input.type] ?? 'text';
    if (input.type === 'number') control.inputMode = 'decimal';
    control.id = `try-${input.name}`;
    control.name = input.name;
    control.value = this.kept[input.name] ?? '';
    box.append(label, control);
    return box;
  }

  /** Shows what the table said. */
  show(outcome) {
    this.outcome = outcome;
    if (!outcome) return this.answer.replaceChildren();
    if (outcome.error) return this.answer.replaceChildren(line(outcome.error, 'error'));
    const numbers = outcome.rules.join(', ');
    const hits = line(numbers ? this.words.hits.replace('%(numbers)s', numbers) : this.words.nothing, 'hits');
    const list = document.createElement('dl');
    list.className = 'dl';
    for (const [name, value] of Object.entries(outcome.outputs)) list.append(cell('dt', name), cell('dd', value === null ? '—' : written(value)));
    return this.answer.replaceChildren(hits, list);
  }

  /** What was tried, as a test row. */
  row(decision) {
    return { decision, name: '', given: this.outcome.given, expect: this.outcome.outputs, rules: this.outcome.rules };
  }
}

/** A value as people read it. */
export function written(value) {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function option({ value, label }) {
  return new Option(label, value);
}

function line(words, name) {
  const found = document.createElement('p');
  found.className = name;
  found.textContent = words;
  return found;
}

function cell(tag, words) {
  const found = document.createElement(tag);
  found.textContent = words;
  return found;
}
