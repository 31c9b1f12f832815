// Diagrams that only show where a case stands: every [data-diagram] on the page (task page, case page).
//
//   data-xml-url            the BPMN file
//   data-names              JSON, element id -> name in the reader's language
//   data-done, data-active, data-late
//                           element and flow ids to mark, separated by blanks
//   data-focus              ids to begin with where the whole is too large; those that are active when it is missing
//   data-failed             words to show when the diagram cannot be loaded

import { fit, fitHeight, fitWhole, openDiagram, zoomIn, zoomOut } from './diagram.js';

const MARKS = ['done', 'active', 'late'];

for (const container of document.querySelectorAll('[data-diagram]')) {
  show(container).catch((error) => {
    console.error(error);
    container.querySelector('.diagram-wait').textContent = container.dataset.failed;
  }).finally(() => { document.body.dataset.ready = '1'; });
}

async function show(container) {
  const answer = await fetch(container.dataset.xmlUrl);
  if (!answer.ok) throw new Error(`expected a diagram at ${container.dataset.xmlUrl}, found ${answer.status}`);
  const viewer = await openDiagram(container, await answer.text(), JSON.parse(container.dataset.names || '{}'));
  container.querySelector('.diagram-wait').remove();
  for (const mark of MARKS) markElements(viewer, idsOf(container, mark), `is-${mark}`);

  const focus = idsOf(container, container.dataset.focus ? 'focus' : 'active');
  if (!container.classList.contains('small')) fitHeight(container, viewer);
  fit(viewer, focus);
  connectTools(container, { in: () => zoomIn(viewer), out: () => zoomOut(viewer), whole: () => fitWhole(viewer) });
}

function connectTools(container, actions) {
  const tools = container.querySelector('.diagram-tools');
  tools.hidden = false;
  for (const button of tools.querySelectorAll('[data-zoom]')) button.addEventListener('click', actions[button.dataset.zoom]);
}

function idsOf(container, mark) {
  return (container.dataset[mark] || '').split(' ').filter(Boolean);
}

function markElements(viewer, ids, className) {
  const registry = viewer.get('elementRegistry');
  for (const id of ids) {
    if (registry.get(id)) viewer.get('canvas').addMarker(id, className);
  }
}
