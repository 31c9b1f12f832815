// The same course as text: the list of events and the details of the one shown.

export class EventList {
  /** @param {Object<number, {what: string, notes: string[], lines: string[][], tone: string}>} events by number */
  constructor({ list, detail, course, events, words, typeOf, onChoose }) {
    Object.assign(this, { list, detail, course, events, words, typeOf });
    this.items = course.steps.map((step, number) => this.item(step, number));
    list.append(...this.items);
    list.addEventListener('click', (event) => {
      const item = event.target.closest('li');
      if (item) onChoose(Number(item.dataset.step));
    });
  }

  show(step) {
    const item = this.items[step];
    const { scrollTop, clientHeight } = this.list; // read before anything is written: the page is laid out once
    const { offsetTop, offsetHeight } = item;
    this.current?.removeAttribute('aria-current');
    this.current = item;
    item.setAttribute('aria-current', 'step');
    if (offsetTop < scrollTop || offsetTop > scrollTop + clientHeight - 2 * offsetHeight) {
      this.list.scrollTop = offsetTop - clientHeight / 3;
    }
    this.detail.replaceChildren(...this.facts(step));
  }

  item(step, number) {
    const item = make('li', '');
    item.dataset.step = number;
    const event = this.events[step.seq];
    if (event.tone) item.className = event.tone;
    const button = make('button', step.act === 'mark' ? event.what : `${this.nameOf(step)} ${this.words.labels[step.act]}`);
    button.type = 'button';
    const who = make('span', step.who ?? this.words.labels.system);
    who.className = 'muted';
    item.append(make('time', this.words.instant(step.t)), button, who);
    return item;
  }

  facts(number) {
    const { labels } = this.words;
    const step = this.course.steps[number];
    const { what, notes, lines } = this.events[step.seq];
    const pairs = [
      ...(step.act === 'mark' ? [] : [[labels.step, this.nameOf(step)]]),
      [labels.action, step.act === 'mark' ? what : `${labels[step.act]} · ${what}`],
      [labels.person, step.who ?? labels.system],
      [labels.time, this.words.instant(step.t)],
    ];
    if (number) pairs.push([labels.since, this.words.duration(step.t - this.course.steps[number - 1].t)]);
    for (const note of notes) pairs.push([labels.note, note]);
    pairs.push(...lines);
    return pairs.flatMap(([label, value]) => [make('dt', label), make('dd', value)]);
  }

  nameOf(step) {
    return this.words.name(step.el, this.typeOf(step.el));
  }
}

export function make(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}
