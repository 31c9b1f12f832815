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
   * @param {(step: number) => void} onChoose
   */
  constructor({ strip, names, course, words, lanes, late, end, onChoose }) {
    this.course = course;
    this.start = course.steps[0].t;
    this.end = Math.max(end, this.start + 1);
    this.height = lanes.length * LANE;
    strip.setAttribute('viewBox', `0 0 ${WIDTH} ${this.height}`);
    strip.setAttribute('height', this.height);
    names.replaceChildren(...lanes.map((id) => Object.assign(document.createElement('div'), { textContent: words.name(id) })));
    lanes.forEach((id, row) => {
      draw('rect', { x: 0, y: row * LANE, width: WIDTH, height: LANE, class: row % 2 ? 'lane' : 'lane odd' }, strip);
      for (const visit of course.visits.filter((v) => v.el === id)) this.drawVisit(visit, row, { strip, words, late });
    });
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

  show(step) {
    const x = this.x(this.course.steps[step].t);
    this.head.setAttribute('x1', x);
    this.head.setAttribute('x2', x);
  }

  x(instant) {
    return ((instant - this.start) / (this.end - this.start)) * WIDTH;
  }

  stepAt(event, strip) {
    if (event.target.dataset.step) return Number(event.target.dataset.step);
    const box = strip.getBoundingClientRect();
    return this.course.stepAt(this.start + ((event.clientX - box.left) / box.width) * (this.end - this.start));
  }
}

function draw(tag, attributes, parent) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  parent.append(element);
  return element;
}
