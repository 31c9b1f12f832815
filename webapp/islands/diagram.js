// A BPMN diagram to look at: opened, in the reader's language, at a readable size. Shared by the viewer and the replay.

import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import 'bpmn-js/dist/assets/diagram-js.css';
import 'bpmn-js/dist/assets/bpmn-js.css';
import './diagram.css';
import { rename } from './labels.js';

/** Below this scale labels can no longer be read: the diagram is then cut off and scrolled instead. */
const SMALLEST_SCALE = 0.65;
const LARGEST_SCALE = 1.15;
const MARGIN = 24; // pixels kept free around the diagram
const AIR = 0.96; // share of the room that a fitted diagram takes
const STEP = 60; // pixels one arrow key moves
const ZOOM_STEP = 1.25;
const STRIP = 40; // pixels below the drawing, see diagram.css
const LEAST_HEIGHT = 240;
const MOST_OF_WINDOW = 0.66;

/**
 * Opens the diagram in `container`.
 *
 * @param {HTMLElement} container
 * @param {string} xml BPMN with diagram interchange
 * @param {Object<string, string>} names element id -> name in the reader's language; elements not named keep theirs
 * @returns {Promise<NavigatedViewer>}
 */
export async function openDiagram(container, xml, names) {
  const fontFamily = getComputedStyle(document.body).fontFamily;
  const viewer = new NavigatedViewer({
    container,
    zoomScroll: { enabled: false }, // the wheel belongs to the page; with Ctrl it zooms, see enableWheel
    bpmnRenderer: { defaultFillColor: 'var(--surface)', defaultStrokeColor: 'var(--text)', defaultLabelColor: 'var(--text)' },
    textRenderer: {
      defaultStyle: { fontFamily, fontSize: '13px', lineHeight: 1.25 },
      externalStyle: { fontFamily, fontSize: '12px', lineHeight: 1.25 },
    },
  });
  viewer.on('import.parse.complete', ({ definitions }) => {
    if (definitions) rename(definitions, names, fontFamily);
  });
  await viewer.importXML(xml);
  const canvas = viewer.get('canvas');
  canvas.getContainer().querySelector('svg').removeAttribute('tabindex'); // the container takes the focus, once is enough
  enableKeys(container, viewer);
  enableWheel(container, canvas);
  enableTouch(canvas);
  fitWhenPrinting(viewer);
  return viewer;
}

/** Makes the container as high as the diagram is at a readable size, within bounds. */
export function fitHeight(container, viewer) {
  const canvas = viewer.get('canvas');
  const { inner } = canvas.viewbox();
  const scale = Math.min(1, Math.max(SMALLEST_SCALE, (container.clientWidth * AIR) / inner.width));
  const wanted = inner.height * scale + 2 * MARGIN + STRIP;
  container.style.height = `${Math.round(Math.min(window.innerHeight * MOST_OF_WINDOW, Math.max(LEAST_HEIGHT, wanted)))}px`;
  canvas.resized();
}

/** Fits the diagram into view. Where it would become too small to read, shows it readable from `focus` on. */
export function fit(viewer, focus = []) {
  const canvas = viewer.get('canvas');
  fitWhole(viewer);
  const { scale } = canvas.viewbox();
  if (scale > LARGEST_SCALE) canvas.zoom(LARGEST_SCALE, 'auto');
  if (scale >= SMALLEST_SCALE) return;
  showFromTop(canvas);
  bringIntoView(viewer, focus);
}

/** The whole diagram, however small. */
export function fitWhole(viewer) {
  const canvas = viewer.get('canvas');
  canvas.zoom('fit-viewport', 'auto');
  canvas.zoom(canvas.zoom() * AIR, 'auto');
}

/** Lets the whole diagram fill whatever width the paper has; takes the view of the screen back afterwards. */
function fitWhenPrinting(viewer) {
  const svg = viewer.get('canvas').getContainer().querySelector('svg');
  const drawing = svg.querySelector('.viewport');
  let onScreen = null;
  window.addEventListener('beforeprint', () => {
    const { inner } = viewer.get('canvas').viewbox();
    onScreen = drawing.getAttribute('transform');
    drawing.removeAttribute('transform');
    svg.setAttribute('viewBox', [inner.x - MARGIN, inner.y - MARGIN, inner.width + 2 * MARGIN, inner.height + 2 * MARGIN].join(' '));
  });
  window.addEventListener('afterprint', () => {
    svg.removeAttribute('viewBox');
    if (onScreen) drawing.setAttribute('transform', onScreen);
  });
}

/** Moves the view so that the elements lie inside it, in the middle if they were outside. */
export function bringIntoView(viewer, ids) {
  const canvas = viewer.get('canvas');
  const shapes = ids.map((id) => viewer.get('elementRegistry').get(id)).filter(Boolean);
  if (!shapes.length) return;
  const box = bounds(shapes);
  const view = canvas.viewbox();
  const dx = shift(view.x, view.width, box.left, box.right);
  const dy = shift(view.y, view.height, box.top, box.bottom);
  if (dx || dy) canvas.scroll({ dx: -dx * view.scale, dy: -dy * view.scale });
}

function showFromTop(canvas) {
  canvas.zoom(SMALLEST_SCALE, { x: 0, y: 0 });
  const { inner, width, height, scale } = canvas.viewbox();
  const margin = MARGIN / scale;
  const y = inner.height + 2 * margin > height ? inner.y - margin : inner.y - (height - inner.height) / 2;
  canvas.viewbox({ x: inner.x - margin, y, width, height });
}

function bounds(shapes) {
  const points = shapes.flatMap((shape) => shape.waypoints ?? [shape, { x: shape.x + shape.width, y: shape.y + shape.height }]);
  const [xs, ys] = [points.map((p) => p.x), points.map((p) => p.y)];
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}

/** How far a view must move along one axis: not at all while the interval is inside it. */
function shift(viewStart, viewLength, start, end) {
  const margin = Math.min(40, viewLength / 8);
  const inside = start >= viewStart + margin && end <= viewStart + viewLength - margin;
  return inside ? 0 : (start + end) / 2 - (viewStart + viewLength / 2);
}

export function zoomIn(viewer) {
  const canvas = viewer.get('canvas');
  canvas.zoom(canvas.zoom() * ZOOM_STEP);
}

export function zoomOut(viewer) {
  const canvas = viewer.get('canvas');
  canvas.zoom(canvas.zoom() / ZOOM_STEP);
}

/** Arrow keys move the diagram, plus and minus zoom, 0 shows all of it, while the container has the focus. */
function enableKeys(container, viewer) {
  const canvas = viewer.get('canvas');
  const moves = { ArrowLeft: [STEP, 0], ArrowRight: [-STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] };
  container.addEventListener('keydown', (event) => {
    if (event.target !== container || event.ctrlKey || event.metaKey || event.altKey) return;
    if (moves[event.key]) canvas.scroll({ dx: moves[event.key][0], dy: moves[event.key][1] });
    else if (event.key === '+' || event.key === '=') zoomIn(viewer);
    else if (event.key === '-') zoomOut(viewer);
    else if (event.key === '0') fitWhole(viewer);
    else return;
    event.preventDefault();
  });
}

/** Ctrl and the wheel, or two fingers on a touch pad, zoom at the pointer. */
function enableWheel(container, canvas) {
  container.addEventListener('wheel', (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const box = canvas.getContainer().getBoundingClientRect();
    const point = { x: event.clientX - box.left, y: event.clientY - box.top };
    canvas.zoom(canvas.zoom() * 2 ** (-Math.max(-60, Math.min(60, event.deltaY)) / 120), point);
  }, { passive: false });
}

/** A finger moves the diagram sideways; up and down it scrolls the page (touch-action in diagram.css). */
function enableTouch(canvas) {
  const surface = canvas.getContainer();
  let last = null;
  surface.addEventListener('pointerdown', (event) => { if (event.pointerType === 'touch' && event.isPrimary) last = event.clientX; });
  surface.addEventListener('pointermove', (event) => {
    if (last === null || event.pointerType !== 'touch' || !event.isPrimary) return;
    canvas.scroll({ dx: event.clientX - last, dy: 0 });
    last = event.clientX;
  });
  for (const end of ['pointerup', 'pointercancel']) surface.addEventListener(end, () => { last = null; });
}
