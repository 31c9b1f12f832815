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
    this.write = later(PAUSE, () => this.writeBuilt());
    this.box = make('div', { class: 'mo-builder', role: 'group', 'aria-label': this.label });
    this.builder = new ConditionBuilder(this.box, {
      fields: choices.fields,
      operators: Object.keys(words.operators),
      words,
      changed: (structure) => {
        this.structure = structure;
        this.write();
      },
    });
    const node = super.build();
    this.text = make('details', { class: 'mo-as-text' }, make('summary', { text: this.say('As text') }), this.control);
    this.complaint.before(this.box, this.text);
    return node;
  }

  async refresh(spec) {
    super.refresh(spec);
    const { value } = this;
    if (value === this.seen) return;
    this.seen = value;
    const answer = value ? await this.context.draft.condition({ text: value }) : { structure: null };
    if (this.seen === value) this.showBuilt(answer);
  }

  /** What can be built is shown built; anything else as its text. */
  showBuilt(answer) {
    const isText = !answer || answer.error || answer.only_text;
    this.box.hidden = isText;
    this.text.open = isText || this.text.open;
    if (!isText) this.builder.show(answer.structure);
    this.complain(answer?.error ? sentence(answer.error) : answer?.only_text ? this.context.settings.conditionWords.only_text : '');
  }

  async writeBuilt() {
    const { structure } = this;
    const answer = structure ? await this.context.draft.condition({ structure }) : { text: '' };
    if (!answer || structure !== this.structure) return;
    this.seen = answer.text;
    this.set(answer.text);
    this.complain(answer.error ? sentence(answer.error) : '');
  }
}

const sentence = ({ message, way_out: wayOut }) => [message, wayOut].filter(Boolean).join(' ');
