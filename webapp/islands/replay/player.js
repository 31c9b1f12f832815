// The transport: buttons, slider, speed, keys. Knows which step is shown and tells the views.

import { fill } from './words.js';

const SHORTEST_PAUSE = 60; // milliseconds between two steps while playing
const LONGEST_PAUSE = 1400;
const TOKEN_TIME = 700;

export class Player {
  /**
   * @param {(step: number) => void} onShow draws a step
   * @param {(flow: string, milliseconds: number) => void} onMove shows a token on its way
   */
  constructor({ course, words, nameOf, icons, onShow, onMove }) {
    Object.assign(this, { course, words, nameOf, icons, onShow, onMove });
    this.step = -1;
    this.timer = 0;
    this.slider = document.querySelector('#position');
    this.speed = document.querySelector('#speed');
    this.playButton = document.querySelector('#play');
    this.slider.max = course.last;
    this.connect();
  }

  connect() {
    const actions = {
      first: () => this.go(0),
      previous: () => this.go(this.step - 1),
      play: () => (this.timer ? this.pause() : this.play()),
      next: () => this.go(this.step + 1, { animate: true }),
      last: () => this.go(this.course.last),
    };
    for (const [id, action] of Object.entries(actions)) document.querySelector(`#${id}`).addEventListener('click', action);
    this.slider.addEventListener('input', () => {
      this.pause();
      this.go(Number(this.slider.value));
    });
    const keys = { ' ': actions.play, ArrowLeft: actions.previous, ArrowRight: actions.next, Home: actions.first, End: actions.last };
    document.addEventListener('keydown', (event) => {
      const used = event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, select, button, a, summary, #stage, #events');
      if (used || !keys[event.key]) return;
      event.preventDefault();
      keys[event.key]();
    });
  }

  go(wanted, { animate = false } = {}) {
    const step = Math.max(0, Math.min(this.course.last, wanted));
    if (step === this.step) return;
    this.step = step;
    this.onShow(step);
    const { via, act, t } = this.course.steps[step];
    if (animate && via) this.onMove(via, Math.min(TOKEN_TIME, TOKEN_TIME / Number(this.speed.value)));

    const { labels } = this.words;
    const places = { number: step + 1, total: this.course.steps.length, name: this.nameOf(this.course.steps[step]), act: labels[act] ?? '', time: this.words.instant(t) };
    this.slider.value = step;
    this.slider.setAttribute('aria-valuetext', fill(labels.position, places));
    document.querySelector('#now').textContent = places.time;
    document.querySelector('#count').textContent = `${places.number} / ${places.total}`;
  }

  play() {
    if (this.step >= this.course.last) this.go(0);
    this.showPlaying(true);
    this.timer = setTimeout(() => this.tick(), SHORTEST_PAUSE);
  }

  pause() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.showPlaying(false);
  }

  tick() {
    this.go(this.step + 1, { animate: true });
    if (this.step >= this.course.last) this.pause();
    else this.timer = setTimeout(() => this.tick(), this.waitAfter(this.step));
  }

  /** Days and minutes of waiting are brought together by a logarithm; the order stays. */
  waitAfter(step) {
    const gap = this.course.steps[step + 1].t - this.course.steps[step].t;
    const wait = Math.min(LONGEST_PAUSE, 250 + 150 * Math.log2(1 + gap / 600_000));
    return Math.max(SHORTEST_PAUSE, wait / Number(this.speed.value));
  }

  showPlaying(playing) {
    this.playButton.setAttribute('aria-label', playing ? this.words.labels.pause : this.words.labels.play);
    this.playButton.querySelector('use').setAttribute('href', `${this.icons}#${playing ? 'pause' : 'play'}`);
  }
}
