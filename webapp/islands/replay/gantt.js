// The strip below the diagram: real time, so that waiting can be seen. A click goes to that instant.

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 1000; // units of the picture, stretched to the page
const LANE = 18; // pixels
const BAR_INSET = 4;
const NARROWEST_BAR = 3;

export class Gantt {
  /**
   * @param {string[]} lanes element ids, one row each
   * @param {Set<string>} late keys of visits that were overdue
   * @param {{name: string, from: number, to: number, due: ?number}[]} clocks time limits that ran beside, a row each below
   * @param {(step: number) => void} onChoose
   */
  constructor({ strip, names, course, words, lanes, clocks, late, end, onChoose }) {
    this.course = course;
    this.start = course.steps[0].t;
    this.end = Math.max(end, this.start + 1);
    this.height = (lanes.length + clocks.length) * LANE;
    strip.setAttribute('viewBox', `0 0 ${WIDTH} ${this.height}`);
    strip.setAttribute('height', this.height);
    const rows = [...lanes.map((id) => words.name(id)), ...clocks.map(({ name }) => name)];
    names.replaceChildren(...rows.map((name) => Object.assign(document.createElement('div'), { textContent: name })));
    lanes.forEach((id, row) => {
      draw('rect', { x: 0, y: row * LANE, width: WIDTH, height: LANE, class: row % 2 ? 'lane' : 'lane odd' }, strip);
      for (const visit of course.visits.filter((v) => v.el === id)) this.drawVisit(visit, row, { strip, words, late });
    });
    clocks.forEach((clock, number) => this.drawClock(clock, lanes.length + number, { strip, words }));
    this.head = draw('line', { y1: 0, y2: this.height, class: 'head' }, strip);
    strip.addEventListener('click', (event) => onChoose(this.stepAt(event, strip)));
  }

  drawVisit(visit, row, { strip, words, late }) {
    const { steps } = this.course;
    const from = steps[visit.enter].t;
    const to = visit.leave === null ? this.end : steps[visit.leave].t;
    const bar = draw('rect', {
      x: this.x(from), y: row * LANE + BAR_INSET, rx: 2,
      width: Math.max(NARROWEST_BAR, this.x(to) - this.x(from)), height: LANE - 2 * BAR_INSET,
      class: late.has(visit.key) ? 'bar late' : 'bar', 'data-step': visit.enter,
    }, strip);
    const length = visit.leave === null ? words.labels.running : words.labels.took.replace('{time}', words.duration(to - from));
    const who = steps[visit.leave ?? visit.enter].who ?? words.labels.system;
    draw('title', {}, bar).textContent = `${words.name(visit.el)} · ${who}\n${words.instant(from)} · ${length}`;
  }

  /** A time limit runs as a line; what is beyond its date is overdue. */
  drawClock({ name, from, to, due, pauses }, row, { strip, words }) {
    const y = row * LANE + LANE / 2 - 2;
    const bar = (start, end, kind, said) => {
      const line = draw('rect', {
        x: this.x(start), y, width: Math.max(NARROWEST_BAR, this.x(end) - this.x(start)), height: 4, class: `clock ${kind}`,
      }, strip);
      draw('title', {}, line).textContent = `${name}\n${words.instant(start)} – ${words.instant(end)}${said}`;
    };
    for (const [start, end] of between(from, to, pauses)) {
      const edge = due === null ? end : Math.min(end, Math.max(start, due));
      if (edge > start) bar(start, edge, '', '');
      if (end > edge) bar(edge, end, 'late', '');
    }
    for (const { from: start, to: end, why } of pauses) {
      bar(start, end, 'stood', ` · ${words.labels.stood.replace('{time}', words.duration(end - start))}\n${why}`);
    }
    if (due !== null && due <= this.end) draw('rect', { x: this.x(due) - 1, y: y - 4, width: 2, height: 12, class: 'due' }, strip);
  }

  show(step) {
    const x = this.x(this.course.steps[step].t);
    this.head.setAttribute('x1', x);
    this.head.setAttribute('x2', x);
  }

  x(instant) {
    return (Math.min(Math.max(instant, this.start), this.end) - this.start) / (this.end - this.start) * WIDTH;
  }

  stepAt(event, strip) {
    if (event.target.dataset.step) return Number(event.target.dataset.step);
    const box = strip.getBoundingClientRect();
    return this.course.stepAt(this.start + ((event.clientX - box.left) / box.width) * (this.end - this.start));
  }
}

/** What is left of the time from one instant to another without the pauses, in order: pairs of instants. */
function between(from, to, pauses) {
  const edges = [from, ...pauses.flatMap((pause) => [pause.from, pause.to]), to];
  const parts = [];
  for (let i = 0; i < edges.length; i += 2) if (edges[i + 1] > edges[i]) parts.push([edges[i], edges[i + 1]]);
  return parts.length ? parts : pauses.length ? [] : [[from, to]];
}

function draw(tag, attributes, parent) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  parent.append(element);
  return element;
}
