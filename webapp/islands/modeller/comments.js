// What owners say to each other about an element: kept beside the draft, never in its files.

import { icon, make } from './dom.js';
import { Field } from './field.js';

export class Comments {
  /** @param {Context} context editor, words, settings */
  constructor(context) {
    Object.assign(this, { context, all: [], onChange: () => {} });
  }

  get address() {
    return this.context.settings.comments;
  }

  /** What was said about an element; "" is the diagram as a whole, with what is said about the draft. */
  of(element) {
    const { file } = this.context.settings;
    return this.all.filter((each) => (element ? each.file === file && each.element === element : !each.element && (each.file === file || !each.file)));
  }

  async load() {
    const answer = await fetch(this.address, { headers: { Accept: 'application/json' } });
    if (answer.ok) this.take((await answer.json()).comments);
  }

  add(element, words) {
    return this.send('', { file: this.context.settings.file, element, words });
  }

  settle(id) {
    return this.send(`/${id}/settled`);
  }

  reopen(id) {
    return this.send(`/${id}/reopened`);
  }

  /** True when it was taken. */
  async send(where, said = {}) {
    const headers = { Accept: 'application/json', 'X-CSRF-Token': this.context.settings.token };
    const answer = await fetch(this.address + where, { method: 'POST', headers, body: new URLSearchParams(said) }).catch(() => null);
    if (answer?.ok) this.take((await answer.json()).comments);
    return Boolean(answer?.ok);
  }

  take(comments) {
    this.all = comments;
    this.mark();
    this.onChange();
  }

  /** How many are open, at each element that has any. */
  mark() {
    const { editor, words, settings } = this.context;
    const overlays = editor.get('overlays');
    overlays.remove({ type: 'comments' });
    const counts = new Map();
    for (const each of this.all) if (!each.settled && each.element && each.file === settings.file) counts.set(each.element, (counts.get(each.element) ?? 0) + 1);
    for (const [element, count] of counts) {
      if (!editor.element(element)) continue;
      const html = make('span', { class: 'mo-comment-mark', title: words.say('{number} open comments', { number: count }), text: String(count) });
      overlays.add(element, 'comments', { position: { top: -12, right: 12 }, html });
    }
  }
}

/** The comments of what is selected, and a place to write one. */
export class CommentsField extends Field {
  build() {
    this.list = make('ul', { class: 'mo-comments' });
    this.control = make('textarea', { id: this.key, rows: '2', maxlength: '2000', 'aria-describedby': `${this.key}-complaint` });
    const button = make('button', { type: 'button', class: 'btn small', onclick: () => this.add() }, icon('message-square-text'), this.say('Comment'));
    return make('div', { class: 'mo-field', 'data-field': this.id }, this.list, make('label', { for: this.key, text: this.say('Say something about it') }), this.control, this.complaint, button);
  }

  async add() {
    const words = this.control.value.trim();
    if (!words) return;
    const taken = await this.context.comments.add(this.spec.element, words);
    this.complain(taken ? '' : this.say('It could not be kept. Try again.'));
    if (taken) this.control.value = '';
  }

  refresh(spec) {
    super.refresh(spec);
    const { comments } = this.context;
    this.list.replaceChildren(...comments.of(this.spec.element).map((each) => {
      const act = each.settled ? ['undo-2', this.say('Open again'), () => comments.reopen(each.id)] : ['check', this.say('Settled'), () => comments.settle(each.id)];
      return make('li', { class: each.settled ? 'is-settled' : '' },
        make('div', {}, make('p', { text: each.words }), make('p', { class: 'muted', text: each.settled ? `${each.by} · ${each.at} · ${this.say('settled by {name}', { name: each.settled })}` : `${each.by} · ${each.at}` })),
        make('button', { type: 'button', class: 'btn quiet icon small', title: act[1], 'aria-label': act[1], onclick: act[2] }, icon(act[0])));
    }));
  }
}
