// The course of a case as data: which elements were open or done at any step. Pure, knows no page.

/**
 * @typedef {{t: number, el: string, key: string, act: 'enter'|'leave'|'mark', via: ?string, who: ?string, note: ?string}} Step
 * @typedef {{key: string, el: string, enter: number, leave: ?number}} Visit  step numbers; leave is null while open
 */

/** Answers for each step number in logarithmic time, so that going back costs the same as going forward. */
export class Course {
  /** @param {Step[]} steps in order of time */
  constructor(steps) {
    this.steps = steps;
    this.last = steps.length - 1;
    this.entered = new Map(); // element id -> step numbers, ascending
    this.left = new Map();
    this.taken = new Map(); // flow id -> step numbers
    this.visits = []; // in the order of entering
    const open = new Map();
    steps.forEach((step, number) => {
      if (step.act === 'mark') return; // something happened, no token moved
      append(step.act === 'enter' ? this.entered : this.left, step.el, number);
      if (step.act === 'enter' && step.via) append(this.taken, step.via, number);
      if (step.act === 'enter') {
        const visit = { key: step.key, el: step.el, enter: number, leave: null };
        this.visits.push(visit);
        open.set(step.key, visit);
      } else if (open.has(step.key)) {
        open.get(step.key).leave = number;
        open.delete(step.key);
      }
    });
    this.elements = [...new Set(steps.filter((step) => step.act !== 'mark').map((step) => step.el))];
    this.flows = [...this.taken.keys()];
  }

  /** How often the element was entered up to and including the step. */
  visitsAt(element, number) {
    return upTo(this.entered.get(element), number);
  }

  /** 'active' while somebody is in the element, 'done' afterwards, '' before. */
  stateAt(element, number) {
    const entered = this.visitsAt(element, number);
    if (!entered) return '';
    return entered > upTo(this.left.get(element), number) ? 'active' : 'done';
  }

  timesTaken(flow, number) {
    return upTo(this.taken.get(flow), number);
  }

  /** The last step at or before the instant, at least the first one. */
  stepAt(instant) {
    return Math.max(0, countUntil(this.steps.length, (i) => this.steps[i].t <= instant) - 1);
  }
}

function append(map, key, value) {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}

/** How many of the ascending numbers are not above the limit. */
function upTo(numbers = [], limit) {
  return countUntil(numbers.length, (i) => numbers[i] <= limit);
}

/** How many of the first `length` positions hold; those that hold come first. */
function countUntil(length, holds) {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
