// The replay page: reads the course of a case and connects diagram, strip, list and transport. See templates/replay.html.

import './replay.css';
import { Course } from './replay/course.js';
import { Drawings } from './replay/drawings.js';
import { EventList } from './replay/events.js';
import { Gantt } from './replay/gantt.js';
import { HeatMap, isActivity, showTips } from './replay/heat.js';
import { Player } from './replay/player.js';
import { Words } from './replay/words.js';

const one = (selector) => document.querySelector(selector);
const page = one('#replay');
const labels = JSON.parse(page.dataset.labels);

start().catch((error) => {
  console.error(error);
  say(labels.failed);
}).finally(() => { document.body.dataset.ready = '1'; });

async function start() {
  const data = await (await load(page.dataset.url)).json();
  const texts = await Promise.all(data.diagrams.map(async ({ url }) => (await load(url)).text()));
  const course = new Course(data.steps);
  const drawings = await Drawings.open({ stage: one('#stage'), choice: one('#drawings'), diagrams: data.diagrams, texts, names: data.names, course });
  if (!data.steps.length) return say(labels.empty);
  one('.diagram-wait').remove();

  const words = new Words(labels, data.names, page.dataset.timeZone);
  const typeOf = (id) => drawings.element(id)?.type ?? '';
  const wide = one('#whole');
  const views = [];
  const player = new Player({
    course, words, icons: page.dataset.icons,
    nameOf: ({ el, act, seq }) => (act === 'mark' ? data.events[seq].what : words.name(el, typeOf(el))),
    onShow(step) {
      drawings.show(step, { whole: wide.getAttribute('aria-pressed') === 'true' });
      for (const view of views) view.show(step);
    },
    onMove: (flow, milliseconds) => drawings.sendToken(flow, milliseconds),
  });
  const onChoose = (step) => { player.pause(); player.go(step, { animate: true }); };
  views.push(
    new EventList({ list: one('#events'), detail: one('#detail'), course, events: data.events, words, typeOf, onChoose }),
    new Gantt({
      strip: one('#strip'), names: one('#lanes'), course, words, onChoose,
      lanes: course.elements.filter((id) => isActivity(drawings.element(id))),
      clocks: data.clocks, late: new Set(data.late ?? []), end: Math.max(data.steps.at(-1).t, ...data.clocks.map(({ to }) => to)),
    }),
  );
  if (data.stats) offerHeat({ viewers: drawings.viewers, stats: data.stats, words, course, currentStep: () => player.step });
  wide.addEventListener('click', () => toggleWhole(wide, drawings, course, player));
  player.go(0);
}

function offerHeat(context) {
  const heats = context.viewers.map((viewer) => new HeatMap({ ...context, viewer, legend: one('#legend'), legendMost: one('#legend-max') }));
  for (const viewer of context.viewers) showTips({ ...context, viewer, tip: one('#tip'), stage: one('#stage') });
  one('#heat-choice').hidden = false;
  for (const choice of document.querySelectorAll('[name="heat"]')) choice.addEventListener('change', () => heats.forEach((heat) => heat.show(choice.value)));
}

function toggleWhole(button, drawings, course, player) {
  const whole = button.getAttribute('aria-pressed') !== 'true';
  button.setAttribute('aria-pressed', whole);
  if (whole) drawings.fitWhole();
  else drawings.fit(course.steps[player.step].el);
}

async function load(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`expected data at ${url}, found ${answer.status}`);
  return answer;
}

/** Shows a sentence where the diagram would be. */
function say(sentence) {
  const wait = one('.diagram-wait');
  if (wait) wait.textContent = sentence;
}
