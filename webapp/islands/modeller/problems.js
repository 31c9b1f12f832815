// What the engine finds, all at once: as a list below the diagram and as marks on the shapes. It asks when somebody rests,
// and does not mark what is just being worked on.

import { icon, make } from './dom.js';
import { fixOf } from './fixes.js';
import { kindOf } from './kinds.js';
import { modelOf } from './editor.js';

const REST = 900; // milliseconds without a change before it asks
const MARK = 'problems';

export class Problems {
  /**
   * @param {HTMLElement} container
   * @param {Context} context editor, words, …
   * @param {function(): Promise<Object>} changedFiles path -> text of what is not saved
   */
  constructor(container, context, changedFiles) {
    Object.assign(this, { container, context, changedFiles, findings: [], asked: 0 });
    const { say } = context.words;
    this.summary = make('output', { class: 'mo-problem-counts', role: 'status' });
    this.toggle = make('button', { type: 'button', class: 'mo-problems-toggle', 'aria-expanded': 'true', onclick: () => this.open(this.container.classList.contains('is-closed')) }, icon('chevron-right'), make('span', { text: say('Problems') }), this.summary);
    this.list = make('ul', { class: 'mo-problem-list', id: 'mo-problem-list' });
    container.append(make('h2', {}, this.toggle), this.list);
    context.editor.on(['commandStack.changed'], () => this.soon());
    context.editor.on(['selection.changed'], () => this.mark());
  }

  open(isOpen) {
    this.container.classList.toggle('is-closed', !isOpen);
    this.toggle.setAttribute('aria-expanded', isOpen);
  }

  /** Asks once nothing has happened for a while. */
  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), REST);
  }

  async ask() {
    this.asked += 1;
    const number = this.asked;
    try {
      const findings = await this.context.draft.check(await this.changedFiles());
      if (number === this.asked) this.show(findings);
    } catch (error) {
      console.error(error);
      if (number === this.asked) this.summary.textContent = this.context.words.say('could not be looked for');
    }
  }

  show(findings) {
    const { file } = this.context.settings;
    const here = (finding) => (finding.file === file ? 0 : 1);
    this.findings = [...findings].sort((one, other) => here(one) - here(other) || weight(one) - weight(other));
    const { say } = this.context.words;
    const errors = findings.filter((each) => each.severity === 'error').length;
    const warnings = findings.length - errors;
    this.summary.replaceChildren(...(findings.length
      ? [make('span', { class: `chip${errors ? ' bad' : ''}`, text: errors === 1 ? say('1 error') : say('{number} errors', { number: errors }) }), make('span', { class: `chip${warnings ? ' warn' : ''}`, text: warnings === 1 ? say('1 warning') : say('{number} warnings', { number: warnings }) })]
      : [make('span', { class: 'chip ok', text: say('none') })]));
    this.list.replaceChildren(...this.findings.map((finding) => this.row(finding)));
    this.mark();
    this.container.dataset.asked = `${this.asked}`;
  }

  row(finding) {
    const { editor, words: { say }, settings } = this.context;
    const element = this.elementOf(finding);
    const name = element ? nameOf(element, say) : finding.file === settings.file ? '' : finding.file;
    const fix = element && !this.isReading && fixOf(this.context, finding);
    const text = make('span', { class: 'mo-problem-text' }, ...this.sentences(finding, name));
    const tone = finding.severity === 'error' ? 'bad' : 'warn';
    const sign = make('span', { class: `mo-sign ${tone}`, title: finding.severity === 'error' ? say('Error') : say('Warning') }, icon(finding.severity === 'error' ? 'circle-alert' : 'triangle-alert'));
    const line = element
      ? make('button', { type: 'button', class: 'mo-problem', onclick: () => this.goTo(element.id) }, sign, text)
      : make('div', { class: 'mo-problem' }, sign, text);
    const press = fix && make('button', { type: 'button', class: 'btn small', text: say(fix.label, fix.values), onclick: () => this.mend(finding) });
    return make('li', { 'data-rule': finding.rule, 'data-element': finding.element ?? '' }, line, press || null);
  }

  sentences(finding, name) {
    const what = make('span', { class: 'mo-problem-what' }, name && make('b', { text: name }), make('span', { text: finding.message }));
    return [what, finding.way_out && make('span', { class: 'muted', text: finding.way_out })].filter(Boolean);
  }

  elementOf(finding) {
    const found = finding.file === this.context.settings.file && finding.element && this.context.editor.element(finding.element);
    return found || null;
  }

  goTo(id) {
    const element = this.context.editor.element(id);
    if (element) this.context.editor.show(element);
  }

  mend(finding) {
    const fix = fixOf(this.context, finding);
    if (!fix) return;
    fix.run();
    this.ask();
  }

  /** Marks shapes that have a problem; not the one that is selected and had none so far. */
  mark() {
    const { editor, words: { say } } = this.context;
    const overlays = editor.get('overlays');
    const selected = editor.selected?.id;
    const worst = new Map();
    for (const finding of this.findings) {
      const element = this.elementOf(finding);
      if (!element || !element.parent) continue;
      if (worst.get(element.id) !== 'error') worst.set(element.id, finding.severity);
    }
    this.marked ??= new Set();
    const shown = new Set([...worst.keys()].filter((id) => id !== selected || this.marked.has(id)));
    overlays.remove({ type: MARK });
    for (const id of shown) {
      const severity = worst.get(id);
      const html = make('span', { class: `mo-mark ${severity === 'error' ? 'bad' : 'warn'}`, title: severity === 'error' ? say('Error') : say('Warning') }, severity === 'error' ? '×' : '!');
      overlays.add(id, MARK, { position: { top: -9, left: -9 }, html, show: { minZoom: 0.2 } });
    }
    this.marked = shown;
  }
}

const weight = (finding) => (finding.severity === 'error' ? 0 : 1);

function nameOf(element, say) {
  const model = modelOf(element);
  return model.name ? `${model.name}` : say(kindOf(model));
}
