// The builder of forms (templates/form_builder.html): fields are dragged and moved by keys, and every press is answered
// in place. Each press sends the whole form; what the page says afterwards is the server's answer.

const ARROWS = { ArrowUp: 'up', ArrowDown: 'down', ArrowLeft: 'left', ArrowRight: 'right' };
const PAUSE = 400; // milliseconds after an answer in the panel until the form shows it
const MOST_UNDONE = 100;

const builder = () => document.querySelector('[data-builder]');
const form = () => document.querySelector('#builder-form');
const tiles = () => [...document.querySelectorAll('.tile')];
const undone = []; // contents of the file before each change
let dragged = null;
let timer = 0;
let last = Promise.resolve(); // one after the other: each builds on the answer before it

undoButton();
offer();

// ---- what was not saved -----------------------------------------------------------------------------------------------

/** A crash, a closed window or a lost network loses nothing: the browser keeps the file until it is saved. */
function offer() {
  const bar = document.querySelector('[data-recover]');
  const found = kept();
  if (!bar || !form()) return;
  if (!found || normal(found.content) === normal(form().elements.content.value)) {
    if (!('unsaved' in form().dataset)) forget();
    return;
  }
  const time = bar.querySelector('[data-when]');
  time.dateTime = new Date(found.at).toISOString();
  time.textContent = new Date(found.at).toLocaleString(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23' });
  bar.querySelector('[data-moved]').hidden = found.revision === form().elements.revision.value;
  bar.querySelector('[data-take]').addEventListener('click', () => {
    bar.hidden = true;
    send('look', { content: found.content });
  });
  bar.querySelector('[data-leave]').addEventListener('click', () => {
    bar.hidden = true;
    forget();
  });
  bar.hidden = false;
}

function place() {
  return `shouwen-form:${document.querySelector('[data-recover]')?.dataset.recover}`;
}

function kept() {
  try {
    const found = JSON.parse(localStorage.getItem(place()));
    return typeof found?.content === 'string' ? found : null;
  } catch {
    return null;
  }
}

/** While earlier work is on offer nothing takes its place; private windows and full discs refuse. */
function keep() {
  if (!form() || document.querySelector('[data-recover]')?.hidden === false) return;
  if (!form().hasAttribute('data-unsaved')) {
    forget();
    return;
  }
  const { content, revision } = form().elements;
  try {
    localStorage.setItem(place(), JSON.stringify({ at: Date.now(), revision: revision.value, content: content.value }));
  } catch { /* it stays on the page */ }
}

function forget() {
  try {
    localStorage.removeItem(place());
  } catch { /* nothing was kept either */ }
}

// ---- presses ----------------------------------------------------------------------------------------------------------

document.addEventListener('submit', (event) => {
  if (event.target !== form() || event.defaultPrevented) return;
  event.preventDefault();
  const button = event.submitter;
  send(button?.value || 'look', { focus: button?.id.startsWith('tile-') && button.value.startsWith('step:') ? button.id : '' });
});

/** An answer in the panel shows on the form soon; the panel itself stays, somebody may be typing in it. */
document.addEventListener('change', (event) => {
  if (!event.target.closest('#builder-form .formbody')) return;
  clearTimeout(timer);
  timer = setTimeout(() => send('look', { only: ['#canvas', '#findings', '#tried', '.pagehead'] }), PAUSE);
});

document.addEventListener('click', (event) => {
  if (!event.target.closest('[data-undo]') || !undone.length) return;
  const content = undone.pop();
  send('look', { content, isUndo: true });
});

function send(act, options = {}) {
  clearTimeout(timer);
  last = last.catch(() => {}).then(() => exchange(act, options)); // without a network the next press tries again
  return last;
}

async function exchange(act, { only = null, focus = '', content = null, isUndo = false }) {
  const body = new FormData(form());
  body.set('do', act);
  const before = body.get('content');
  if (content !== null) {
    body.set('content', content);
    body.set('of', ''); // what the panel says is about what was
  }
  const answer = await fetch(form().action, { method: 'POST', body });
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  if (!page.querySelector('[data-builder]')) {
    form().submit(); // signed out, or worse: the page itself says so
    return;
  }
  const after = page.querySelector('#builder-form [name=content]')?.value;
  if (!isUndo && after !== undefined && normal(after) !== normal(before)) undone.push(before);
  if (undone.length > MOST_UNDONE) undone.shift();
  if (only && answer.ok) replaceParts(page, only);
  else if (!only) replaceAll(page, focus);
  keep();
  undoButton();
}

function normal(text) {
  return text.replaceAll('\r\n', '\n');
}

function replaceParts(page, parts) {
  form().querySelector('[name=content]').value = page.querySelector('#builder-form [name=content]').value;
  form().toggleAttribute('data-unsaved', page.querySelector('#builder-form').hasAttribute('data-unsaved'));
  for (const part of parts) {
    const [old, fresh] = [builder().querySelector(part), page.querySelector(`[data-builder] ${part}`)];
    if (old && fresh) old.replaceWith(fresh);
    else if (fresh) builder().append(fresh);
    else old?.remove();
  }
  shown();
}

function replaceAll(page, focus) {
  const scroll = document.querySelector('.asked')?.scrollTop ?? 0;
  const of = form().elements.of.value;
  builder().replaceWith(page.querySelector('[data-builder]'));
  if (form()?.elements.of.value === of) document.querySelector('.asked').scrollTop = scroll;
  const wrong = builder().querySelector('.errsum') ?? builder().querySelector('[autofocus]');
  const target = wrong ?? document.getElementById(focus) ?? builder().querySelector('.tile.chosen .tile-name') ?? document.getElementById('tile-form');
  (target?.disabled ? builder().querySelector('.tile.chosen .tile-name') : target)?.focus({ preventScroll: !wrong });
  shown();
}

/** forms.js looks after forms that came later. */
const shown = () => document.dispatchEvent(new Event('shouwen:shown'));

function undoButton() {
  const button = document.querySelector('[data-undo]');
  if (!button) return;
  button.hidden = false;
  button.disabled = !undone.length;
  document.querySelector('[data-apply]')?.setAttribute('hidden', ''); // answers show by themselves
}

// ---- keys -------------------------------------------------------------------------------------------------------------

document.addEventListener('keydown', (event) => {
  const name = event.target.closest?.('.tile-name');
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 's' && form()) {
    event.preventDefault();
    document.getElementById('builder-save')?.click();
  }
  if (!name) return;
  const place = name.closest('.tile').dataset.place;
  const way = ARROWS[event.key];
  if (way && event.altKey) {
    event.preventDefault();
    send(`step:${way}:${place}`);
  } else if (way && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    neighbour(name.closest('.tile'), way)?.querySelector('.tile-name').focus();
  } else if (event.key === 'Delete') {
    event.preventDefault();
    send(`remove:${place}`);
  }
});

/** The tile that stands there: beside it in the order of reading, or the nearest one above or below. */
function neighbour(tile, way) {
  const all = tiles();
  const at = all.indexOf(tile);
  if (way === 'left' || way === 'right') return all[at + (way === 'left' ? -1 : 1)];
  const here = tile.getBoundingClientRect();
  const beyond = all.filter((each) => {
    const box = each.getBoundingClientRect();
    return way === 'up' ? box.top < here.top - 1 : box.top > here.top + 1;
  });
  const away = (each) => {
    const box = each.getBoundingClientRect();
    return Math.abs(box.top - here.top) * 10 + Math.abs(box.left - here.left);
  };
  return beyond.sort((one, other) => away(one) - away(other))[0];
}

// ---- dragging ---------------------------------------------------------------------------------------------------------

document.addEventListener('dragstart', (event) => {
  const from = event.target.closest?.('.tile, [data-kind]');
  if (!from) return;
  dragged = from.dataset.kind ? { kind: from.dataset.kind } : { place: from.dataset.place };
  event.dataTransfer.effectAllowed = 'copyMove';
  event.dataTransfer.setData('text/plain', from.textContent.trim());
  from.classList.add('dragged');
});

document.addEventListener('dragover', (event) => {
  const target = landing(event);
  unmark();
  if (!target) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = dragged.kind ? 'copy' : 'move';
  target.tile?.classList.add(target.isAfter ? 'drop-after' : 'drop-before');
});

document.addEventListener('drop', (event) => {
  const target = landing(event);
  unmark();
  if (!target) return;
  event.preventDefault();
  const place = target.tile ? moved(target.tile.dataset.place, target.isAfter ? 1 : 0) : String(document.querySelectorAll('[data-tiles] > .tile').length);
  if (dragged.kind) {
    send(`add:${dragged.kind}:${place}`);
    return;
  }
  const [from, to] = [index(dragged.place), index(place)];
  send(`move:${dragged.place}:${to > from ? to - 1 : to}`);
});

document.addEventListener('dragend', () => {
  unmark();
  document.querySelector('.dragged')?.classList.remove('dragged');
  dragged = null;
});

/** Where what is dragged would come to stand: fields move among their neighbours, new ones come anywhere. */
function landing(event) {
  if (!dragged) return null;
  let tile = event.target.closest?.('.tile');
  if (dragged.place) while (tile && around(tile.dataset.place) !== around(dragged.place)) tile = tile.parentElement.closest('.tile');
  if (!tile) return dragged.kind && event.target.closest?.('#canvas') ? { tile: null } : null;
  const box = tile.getBoundingClientRect();
  const isAfter = tile.classList.contains('w12') ? event.clientY > box.top + box.height / 2 : event.clientX > box.left + box.width / 2;
  return { tile, isAfter };
}

const index = (place) => Number(place.split('.').pop());
const around = (place) => place.split('.').slice(0, -1).join('.');
const moved = (place, by) => [...place.split('.').slice(0, -1), index(place) + by].join('.');

function unmark() {
  for (const each of document.querySelectorAll('.drop-before, .drop-after')) each.classList.remove('drop-before', 'drop-after');
}
