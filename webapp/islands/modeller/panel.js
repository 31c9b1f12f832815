// The panel beside the diagram: the fields of what is selected. A change is one step to undo, made when a field is left.

import { CommentsField } from './comments.js';
import { ConditionField } from './condition_field.js';
import { icon, make } from './dom.js';
import { Field, TextField } from './field.js';
import { groupsOf } from './fields.js';
import { modelOf } from './editor.js';
import { kindOf } from './kinds.js';

const AN_EXPRESSION = '=';

export class Panel {
  /**
   * @param {HTMLElement} container
   * @param {Context} context editor, words, choices, beside, settings, dates
   */
  constructor(container, context) {
    Object.assign(this, { container, context, built: '', fields: [] });
    const { editor } = context;
    editor.on(['selection.changed', 'elements.changed', 'import.done', 'commandStack.changed'], () => this.soon());
  }

  /** Once for all that happens in one go. */
  soon() {
    if (this.waiting) return;
    this.waiting = true;
    queueMicrotask(() => {
      this.waiting = false;
      this.show();
    });
  }

  /** What is selected, or the whole diagram. */
  get subject() {
    const { editor } = this.context;
    return editor.selected ?? editor.get('canvas').getRootElement();
  }

  show() {
    const element = this.subject;
    const many = this.context.editor.get('selection').get().length > 1;
    if (!element?.businessObject || many) return this.showNothing(many);
    const model = modelOf(element);
    const groups = groupsOf(this.context, element, model);
    const built = JSON.stringify([model.$type, element.id, groups.map(({ id, fields }) => [id, fields.map((field) => [field.id, (field.options ?? []).length])])]);
    if (built !== this.built || model !== this.model) this.build(element, model, groups, built);
    for (const field of this.fields) field.refresh(groups.flatMap((group) => group.fields).find((each) => each.id === field.id));
    this.heading.textContent = this.context.words.say(kindOf(model));
    return undefined;
  }

  showNothing(many) {
    const { say } = this.context.words;
    if (this.built === `nothing ${many}`) return;
    this.built = `nothing ${many}`;
    this.fields = [];
    this.container.replaceChildren(make('p', { class: 'mo-panel-empty muted', text: many ? say('Several elements are selected.') : say('Choose an element to see what it says.') }));
  }

  build(element, model, groups, built) {
    const { say } = this.context.words;
    const keepsOpen = new Set([...this.container.querySelectorAll('details:not([open])')].map((each) => each.dataset.group));
    const sameElement = this.shown === element.id;
    this.built = built;
    this.model = model; // one of the same id may have taken its place
    this.shown = element.id;
    this.fields = [];
    this.heading = make('h2', { text: say(kindOf(model)) });
    const sections = groups.map((group) => {
      const body = make('div', { class: 'mo-fields' }, ...group.fields.map((field) => this.field(element, model, field)));
      const closed = sameElement ? keepsOpen.has(group.id) : group.id === 'notes' && !model.documentation?.length;
      return make('details', { class: 'mo-group', open: !closed, 'data-group': group.id }, make('summary', { text: say(group.label) }), body);
    });
    this.container.replaceChildren(make('header', { class: 'mo-panel-head' }, this.heading), ...sections);
  }

  field(element, model, spec) {
    const kinds = { text: TextField, area: TextField, condition: ConditionField, choice: ChoiceField, check: CheckField, dates: Dates, clauses: Clauses, comments: CommentsField };
    const field = new kinds[spec.kind](this.context, element, model, spec);
    this.fields.push(field);
    return field.node;
  }
}

class ChoiceField extends Field {
  build() {
    this.control = make('select', { id: this.key, 'aria-describedby': `${this.key}-complaint`, onchange: () => this.chose() });
    this.typed = this.spec.orExpression && make('input', { type: 'text', class: 'mo-mono', spellcheck: false, hidden: true, 'aria-label': this.say('Expression (FEEL)'), onchange: () => this.set(`=${this.typed.value.trim()}`) });
    this.there = 'beside' in this.spec && make('a', { class: 'mo-beside', target: '_blank', rel: 'noopener', text: this.say('Edit it beside') });
    return this.labelled(this.control, this.typed || null, this.there || null);
  }

  chose() {
    const chosen = this.control.value;
    if (chosen === AN_EXPRESSION) {
      this.typed.hidden = false;
      this.typed.focus();
      return;
    }
    this.set(chosen === 'unset:' ? this.unset : chosen.slice(1));
  }

  /** What "nothing chosen" is: none at all where an empty value says something of its own. */
  get unset() {
    return this.spec.options.some((option) => option.value === '') ? undefined : '';
  }

  refresh(spec) {
    super.refresh(spec);
    const { options, unset, orExpression } = this.spec;
    const { value } = this;
    const isExpression = orExpression && typeof value === 'string' && value.startsWith('=');
    const known = isExpression || value === this.unset || value === '' || options.some((option) => option.value === value);
    const list = [
      ...(unset ? [make('option', { value: 'unset:', text: this.say(unset) })] : []),
      ...options.map((option) => make('option', { value: `:${option.value}`, text: option.say ? this.say(option.label) : option.label })),
      ...(known ? [] : [make('option', { value: `:${value}`, text: `⚠ ${value}` })]),
      ...(orExpression ? [make('option', { value: AN_EXPRESSION, text: this.say('By an expression (FEEL)') })] : []),
    ];
    this.control.replaceChildren(...list);
    this.control.value = isExpression ? AN_EXPRESSION : value === this.unset ? 'unset:' : `:${value}`;
    this.complain(known ? '' : this.say('{value} does not exist in this procedure.', { value }));
    if (this.there) {
      this.there.hidden = !this.spec.beside;
      this.there.href = this.spec.beside || '#';
    }
    if (!this.typed) return;
    this.typed.hidden = !isExpression;
    if (isExpression && document.activeElement !== this.typed) this.typed.value = value.slice(1).trim();
  }
}

class CheckField extends Field {
  build() {
    this.control = make('input', { type: 'checkbox', id: this.key, onchange: () => this.set(this.control.checked) });
    return make('div', { class: 'mo-field', 'data-field': this.id }, make('label', { class: 'mo-check', for: this.key }, this.control, this.label), this.complaint);
  }

  refresh(spec) {
    super.refresh(spec);
    this.control.checked = this.value;
  }
}

/** The next ten real dates that a deadline gives. */
class Dates extends Field {
  build() {
    this.body = make('div', {});
    return make('details', { class: 'mo-dates', 'data-field': this.id, open: true }, make('summary', { text: this.say('The next ten dates') }), this.body);
  }

  async refresh(spec) {
    super.refresh(spec);
    const deadline = this.spec.deadline();
    if (deadline === this.asked) return;
    this.asked = deadline;
    this.node.hidden = !deadline || deadline.startsWith('=');
    if (this.node.hidden) return;
    this.body.replaceChildren();
    const answer = await this.context.dates(deadline);
    if (this.asked !== deadline) return;
    if (!answer?.rows) {
      this.body.replaceChildren(make('p', { class: 'muted', text: answer?.reason ?? this.say('The dates could not be worked out.') }));
      return;
    }
    const head = make('tr', {}, make('th', { scope: 'col', text: this.say('Begins') }), make('th', { scope: 'col', text: this.say('Due') }));
    this.body.replaceChildren(make('table', {}, make('thead', {}, head), make('tbody', {}, ...answer.rows.map((row) => make('tr', {}, make('td', { text: row.start }), make('td', { text: row.due }))))));
  }
}

/** The clauses that the element carries out: linked here and in clauses.toml. */
class Clauses extends Field {
  build() {
    this.list = make('ul', { class: 'mo-clauses' });
    this.control = make('select', { id: this.key, onchange: () => this.link() });
    return make('div', { class: 'mo-field', 'data-field': this.id }, this.list, make('label', { class: 'sr', for: this.key, text: this.say('Link a clause') }), this.control);
  }

  link() {
    const clause = this.context.beside.clauses().find((each) => each.id === this.control.value);
    if (clause) this.context.beside.link(clause, this.element);
  }

  refresh(spec) {
    super.refresh(spec);
    const { beside, choices } = this.context;
    const known = new Map(choices.clauses.map((each) => [each.value, each]));
    const linked = beside.clausesOf(this.model.id);
    this.list.replaceChildren(...linked.map((clause) => make('li', {},
      make('div', {}, make('b', { text: known.get(clause.id)?.label ?? clause.id }), make('p', { text: known.get(clause.id)?.text ?? '' })),
      make('button', { type: 'button', class: 'btn quiet icon small', title: this.say('Unlink this clause'), 'aria-label': this.say('Unlink this clause'), onclick: () => beside.unlink(clause, this.element) }, icon('x')))));
    if (!linked.length) this.list.replaceChildren(make('li', { class: 'muted', text: this.say('Linked to no clause.') }));
    const free = beside.clauses().filter((clause) => !clause.elements.includes(this.model.id));
    const options = free.map((clause) => make('option', { value: clause.id, text: [known.get(clause.id)?.label ?? clause.id, known.get(clause.id)?.text].filter(Boolean).join(' ').slice(0, 80) }));
    this.control.replaceChildren(make('option', { value: '', text: this.say('Link a clause …') }), ...options);
    this.control.value = '';
  }
}
