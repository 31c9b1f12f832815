// The modeller page: one diagram of a draft with its panel and its problems. See templates/modeller.html.

import './modeller/modeller.css';
import { bringIntoView, fit, openDiagram } from './diagram.js';
import { Beside } from './modeller/beside.js';
import { iconsAt, icon, make } from './modeller/dom.js';
import { Comments } from './modeller/comments.js';
import { Draft } from './modeller/draft.js';
import { Editor } from './modeller/editor.js';
import { Panel } from './modeller/panel.js';
import { Problems } from './modeller/problems.js';
import { Recovery } from './modeller/recovery.js';
import { Saving } from './modeller/saving.js';
import { menu, toolbar } from './modeller/toolbar.js';
import { download, pngOf, svgOf } from './modeller/transfer.js';
import { bringIn } from './modeller/bring_in.js';
import { Words } from './modeller/words.js';

const PHONE = '(max-width: 760px)';
const ZOOM = 1.25;
const SMALLEST = 0.7; // below this scale words can no longer be read
const PALETTE = 130; // pixels at the left that the palette takes
const MARGIN = 24;
const page = document.querySelector('#modeller');
const settings = JSON.parse(document.querySelector('#modeller-settings').textContent);
iconsAt(page.dataset.icons);

start().catch((error) => {
  console.error(error);
  document.querySelector('#modeller-wait').textContent = page.dataset.failed;
}).finally(() => { document.body.dataset.ready = '1'; });

async function start() {
  const words = await Words.in(settings.language);
  const draft = new Draft(settings);
  const texts = settings.languages.map((language) => `texts/${language}.toml`);
  const [files, choices] = await Promise.all([draft.readAll([settings.file, 'procedure.toml', 'clauses.toml', ...texts]), draft.choices()]);
  const { canvas, side, tools, problems: below } = frame(words);
  const { [settings.file]: xml, ...others } = files;
  if (matchMedia(PHONE).matches) return look(canvas, below, xml, { words, settings, draft });
  const editor = new Editor(canvas, words, settings.taken);
  const beside = new Beside(editor, others);
  const dates = remembering((deadline) => draft.dates(deadline));
  const unwritten = new Set(); // fields whose value is on its way into the diagram
  const context = { editor, words, choices, beside, settings, draft, dates, unwritten };
  context.comments = new Comments(context);
  await editor.open(xml);
  const saving = new Saving(context, new Recovery(settings.person, settings.procedure, settings.file));
  await saving.begin();
  const panel = new Panel(side, context);
  context.comments.onChange = () => panel.soon();
  editor.on('import.done', () => context.comments.mark());
  const problems = new Problems(below, context, () => saving.changedFiles());
  saving.onFindings = (findings) => problems.show(findings);
  tooling(tools, context, saving, problems);
  actions(context, saving, problems);
  editor.get('canvas').resized();
  startView(editor);
  await saving.offerRecovery();
  document.querySelector('#modeller-wait').remove();
  panel.show();
  page.modeller = { editor, words, beside, saving, problems };
  await Promise.all([problems.ask(), context.comments.load()]);
  return undefined;
}

/** On a phone the diagram is to look at, with what is wrong below it. */
async function look(canvas, below, xml, context) {
  const viewer = await openDiagram(canvas, xml, {});
  fit(viewer);
  document.querySelector('#modeller-wait').remove();
  const editor = { on() {}, element: (id) => viewer.get('elementRegistry').get(id), get: (service) => viewer.get(service), show: (element) => bringIntoView(viewer, [element.id]), selected: null };
  const problems = new Problems(below, { ...context, editor }, async () => ({}));
  problems.isReading = true;
  await problems.ask();
}

function frame(words) {
  const tools = make('div', { class: 'mo-toolbar', role: 'toolbar', 'aria-label': words.say('Tools') });
  const canvas = make('div', { class: 'mo-canvas', role: 'group', 'aria-label': words.say('Diagram') });
  const problems = make('section', { class: 'mo-problems', 'aria-label': words.say('Problems') });
  const side = make('aside', { class: 'mo-panel', 'aria-label': words.say('Properties') });
  page.append(make('div', { class: 'mo-work' }, make('div', { class: 'mo-middle' }, tools, canvas, problems), side));
  return { canvas, side, tools, problems };
}

/** The whole diagram beside the palette; where it would be too small to read, its beginning. */
function startView(editor) {
  const canvas = editor.get('canvas');
  const { inner, outer } = canvas.viewbox();
  const fitting = Math.min((outer.width - PALETTE - MARGIN) / inner.width, (outer.height - 2 * MARGIN) / inner.height, 1);
  const scale = Math.max(fitting, SMALLEST);
  const free = Math.max(MARGIN, (outer.height - inner.height * scale) / 2);
  canvas.viewbox({ x: inner.x - PALETTE / scale, y: inner.y - free / scale, width: outer.width / scale, height: outer.height / scale });
}

function tooling(container, { editor, words }, saving, problems) {
  const canvas = editor.get('canvas');
  const minimap = editor.get('minimap');
  const buttons = toolbar(container, words, [
    [
      { id: 'undo', icon: 'undo-2', label: 'Undo (Ctrl+Z)', run: () => editor.stack.undo() },
      { id: 'redo', icon: 'redo-2', label: 'Redo (Ctrl+Y)', run: () => editor.stack.redo() },
    ],
    [
      { id: 'zoom-out', icon: 'zoom-out', label: 'Zoom out', run: () => canvas.zoom(canvas.zoom() / ZOOM) },
      { id: 'zoom-in', icon: 'zoom-in', label: 'Zoom in', run: () => canvas.zoom(canvas.zoom() * ZOOM) },
      { id: 'whole', icon: 'maximize', label: 'Whole diagram', run: () => editor.fit() },
      { id: 'minimap', icon: 'map', label: 'Overview map', pressed: false, run: (button) => { minimap.toggle(); button.setAttribute('aria-pressed', minimap.isOpen()); } },
    ],
    [{ id: 'search', icon: 'search', label: 'Search (Ctrl+F)', run: () => setTimeout(() => editor.get('searchPad').toggle()) }],
  ]);
  const refresh = () => {
    buttons.get('undo').disabled = !editor.stack.canUndo();
    buttons.get('redo').disabled = !editor.stack.canRedo();
  };
  editor.on(['commandStack.changed', 'import.done'], refresh);
  refresh();
  container.append(saving.status);
}

function actions(context, saving, problems) {
  const { words, editor } = context;
  const name = settings.file.replace(/\.bpmn$/, '').replace(/^.*\//, '');
  const save = make('button', { type: 'button', class: 'btn primary', id: 'modeller-save', onclick: () => saving.save() }, icon('save'), words.say('Save'));
  document.querySelector('#modeller-actions').append(
    menu(words, { label: 'File', sign: 'file-text', entries: [
      { icon: 'upload', label: 'Bring in a BPMN file …', run: () => bringIn(context, saving, problems) },
      { icon: 'download', label: 'Download as BPMN', run: async () => download(`${name}.bpmn`, await editor.text(), 'application/xml') },
      { icon: 'download', label: 'Download as SVG', run: async () => download(`${name}.svg`, await svgOf(editor), 'image/svg+xml') },
      { icon: 'download', label: 'Download as PNG', run: async () => download(`${name}.png`, await pngOf(editor), 'image/png') },
      { icon: 'download', label: 'What is saved as PDF', run: () => window.open(settings.pdf, '_blank', 'noopener') },
    ] }),
    save,
  );
  document.addEventListener('keydown', (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 's') return;
    event.preventDefault();
    document.activeElement?.blur();
    saving.save();
  });
}

/** The same question is asked once. */
function remembering(look) {
  const known = new Map();
  return (key) => {
    if (!known.has(key)) known.set(key, look(key));
    return known.get(key);
  };
}
