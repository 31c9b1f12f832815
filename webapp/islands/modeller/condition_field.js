// A condition in the panel: built by choosing, with its text below for those who want it.

import { ConditionBuilder } from '../conditions/builder.js';
import { later } from '../decisions/later.js';
import { make } from './dom.js';
import { TextField } from './field.js';

const PAUSE = 250; // milliseconds after the last key

export class ConditionField extends TextField {
  build() {
    const { settings, choices } = this.context;
    const words = settings.conditionWords;
    this.structure = null;
    this.turn = 0; // of whoever changed the condition last: an answer that comes late counts no more
    this.write = later(PAUSE, () => this.writeBuilt());
    this.box = make('div', { class: 'mo-builder', role: 'group', 'aria-label': this.label });
    this.builder = new ConditionBuilder(this.box, {
      fields: choices.fields,
      operators: Object.keys(words.operators),
      words,
      changed: (structure) => {
        this.structure = structure;
        this.turn += 1;
        this.context.unwritten.add(this);
        this.write();
      },
    });
    const node = super.build();
    this.text = make('details', { class: 'mo-as-text' }, make('summary', { text: this.say('As text') }), this.control);
    this.complaint.before(this.box, this.text);
    return node;
  }

  async refresh(spec) {
    const complaint = this.complaint.textContent;
    super.refresh(spec);
    const { value } = this;
    if (value === this.seen) {
      this.complain(complaint);
      return;
    }
    this.seen = value;
    this.turn += 1; // undone, or typed as text: what was being built is over
    this.context.unwritten.delete(this);
    const answer = value ? await this.context.draft.condition({ text: value }) : { structure: null };
    if (this.seen !== value) return;
    if (!answer) this.seen = undefined; // asked again when it is shown the next time
    this.showBuilt(answer);
  }

  /** What can be built is shown built; anything else as its text. */
  showBuilt(answer) {
    const isText = !answer || answer.error || answer.only_text;
    this.box.hidden = isText;
    this.text.open = isText || this.text.open;
    if (!isText) this.builder.show(answer.structure);
    this.complain(answer?.error ? sentence(answer.error) : answer?.only_text ? this.context.settings.conditionWords.only_text : '');
  }

  /** Into the diagram with what was built. What has no text yet, a value still to come, changes nothing there. */
  async writeBuilt() {
    if (!this.context.unwritten.has(this)) return;
    const { structure, turn } = this;
    const answer = structure ? await this.context.draft.condition({ structure }) : { text: '' };
    if (turn !== this.turn) return;
    this.context.unwritten.delete(this);
    if (!answer) {
      this.complain(this.say('It could not be saved. Your work is kept in this browser; try again.'));
      return;
    }
    if (answer.text === null) {
      this.complain(sentence(answer.error));
      return;
    }
    this.seen = answer.text;
    this.set(answer.text);
    this.complain(answer.error ? sentence(answer.error) : '');
  }
}

const sentence = ({ message, way_out: wayOut }) => [message, wayOut].filter(Boolean).join(' ');
