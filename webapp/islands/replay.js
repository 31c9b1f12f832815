// The replay page: reads the course of a case and connects diagram, strip, list and transport. See templates/replay.html.

import { bringIntoView, fit, fitWhole, openDiagram } from './diagram.js';
import './replay.css';
import { Course } from './replay/course.js';
import { EventList } from './replay/events.js';
import { Gantt } from './replay/gantt.js';
import { HeatMap, isActivity, showTips } from './replay/heat.js';
import { Player } from './replay/player.js';
import { Stage } from './replay/stage.js';
import { Words } from './replay/words.js';

const one = (selector) => document.querySelector(selector);
const page = one('#replay');
const labels = JSON.parse(page.dataset.labels);

start().catch((error) => {
  console.error(error);
  say(labels.failed);
}).finally(() => { document.body.dataset.ready = '1'; });

async function start() {
  const [data, xml] = await Promise.all([load(page.dataset.url).then((answer) => answer.json()), load(page.dataset.xmlUrl).then((answer) => answer.text())]);
  const viewer = await openDiagram(one('#stage'), xml, data.names);
  fit(viewer);
  if (!data.steps.length) return say(labels.empty);
  one('.diagram-wait').remove();

  const course = new Course(data.steps);
  const words = new Words(labels, data.names, page.dataset.timeZone);
  const registry = viewer.get('elementRegistry');
  const typeOf = (id) => registry.get(id)?.type ?? '';
  const stage = new Stage(viewer, course);
  const wide = one('#whole');
  const views = [];
  const player = new Player({
    course, words, icons: page.dataset.icons,
    nameOf: (id) => words.name(id, typeOf(id)),
    onShow(step) {
      stage.show(step);
      for (const view of views) view.show(step);
      if (wide.getAttribute('aria-pressed') !== 'true') bringIntoView(viewer, [course.steps[step].el]);
    },
    onMove: (flow, milliseconds) => stage.sendToken(flow, milliseconds),
  });
  const onChoose = (step) => { player.pause(); player.go(step, { animate: true }); };
  views.push(
    new EventList({ list: one('#events'), detail: one('#detail'), course, words, typeOf, onChoose }),
    new Gantt({
      strip: one('#strip'), names: one('#lanes'), course, words, onChoose,
      lanes: course.elements.filter((id) => isActivity(registry.get(id))),
      late: new Set(data.late ?? []), end: data.steps.at(-1).t,
    }),
  );
  if (data.stats) offerHeat({ viewer, stats: data.stats, words, course, currentStep: () => player.step });
  wide.addEventListener('click', () => toggleWhole(wide, viewer, course, player));
  player.go(0);
}

function offerHeat(context) {
  const heat = new HeatMap({ ...context, legend: one('#legend'), legendMost: one('#legend-max') });
  showTips({ ...context, tip: one('#tip'), stage: one('#stage') });
  one('#heat-choice').hidden = false;
  for (const choice of document.querySelectorAll('[name="heat"]')) choice.addEventListener('change', () => heat.show(choice.value));
}

function toggleWhole(button, viewer, course, player) {
  const whole = button.getAttribute('aria-pressed') !== 'true';
  button.setAttribute('aria-pressed', whole);
  if (whole) fitWhole(viewer);
  else fit(viewer, [course.steps[player.step].el]);
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
