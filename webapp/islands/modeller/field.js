// One field of the panel: a label, a place for a complaint, and the accessor of its value.

import { make } from './dom.js';

const LANGUAGES = { 'zh-Hans': '简体', 'zh-Hant': '繁體', en: 'English' };

let number = 0;

/** What all fields have: a label, a place for a complaint, and the accessor of their value. */
export class Field {
  constructor(context, element, model, spec) {
    Object.assign(this, { context, element, model, spec, id: spec.id });
    number += 1;
    this.key = `mo-field-${number}`;
    this.say = context.words.say;
    this.complaint = make('p', { class: 'mo-complaint', id: `${this.key}-complaint`, hidden: true });
    this.node = this.build();
  }

  get label() {
    return this.spec.title ?? this.say(this.spec.label);
  }

  labelled(...controls) {
    const language = this.spec.language && make('span', { class: 'mo-language', text: LANGUAGES[this.spec.language] });
    return make('div', { class: 'mo-field', 'data-field': this.id }, make('label', { for: this.key }, this.label, language), ...controls, this.complaint);
  }

  get value() {
    return this.spec.at.get(this.model);
  }

  set(value) {
    if (value === this.value) return;
    this.spec.at.set(this.context.editor, this.element, this.model, value);
  }

  complain(words) {
    this.complaint.textContent = words;
    this.complaint.hidden = !words;
    const control = this.node?.querySelector(`#${this.key}`);
    if (words) control?.setAttribute('aria-invalid', 'true');
    else control?.removeAttribute('aria-invalid');
  }

  refresh(spec) {
    if (spec) this.spec = spec;
  }
}

export class TextField extends Field {
  build() {
    const { spec } = this;
    const facts = {
      id: this.key, class: spec.mono ? 'mo-mono' : '', spellcheck: false, lang: spec.language ?? null, autocomplete: 'off', 'aria-describedby': `${this.key}-complaint`,
      onchange: () => this.commit(),
      onkeydown: (event) => this.pressed(event),
    };
    const isLong = spec.kind !== 'text';
    this.control = isLong ? make('textarea', { ...facts, rows: '1' }) : make('input', { ...facts, type: 'text', list: spec.suggestions?.length ? `${this.key}-list` : null });
    const list = spec.suggestions?.length && make('datalist', { id: `${this.key}-list` }, ...spec.suggestions.map((value) => make('option', { value })));
    return this.labelled(this.control, list || null);
  }

  /** Enter is enough for one line; Escape takes back what was typed. */
  pressed(event) {
    if (event.key === 'Enter' && (this.spec.kind === 'text' || event.ctrlKey || event.metaKey)) this.commit();
    if (event.key !== 'Escape') return;
    this.control.value = this.value;
    this.complain('');
    event.stopPropagation();
  }

  commit() {
    const value = this.control.value.trim();
    const refused = value !== this.value && this.spec.refuse?.(value);
    this.complain(refused ? this.say(refused) : '');
    if (!refused) this.set(value);
  }

  refresh(spec) {
    super.refresh(spec);
    const isTyping = document.activeElement === this.control && this.control.value.trim() !== this.last;
    if (isTyping) return;
    if (this.control.value !== this.value) this.control.value = this.value;
    this.last = this.value;
    this.complain('');
  }
}
