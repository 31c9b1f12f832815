// The list of tasks by keyboard: j and k go through it, x chooses a task, n registers a complaint, / leads to the filter, ? shows the keys.
// Enter follows the link that has the focus, as everywhere.

const links = () => [...document.querySelectorAll('#inbox-list td.title > a')];
const writing = (target) => target.closest('input:not([type=checkbox]), textarea, select, [contenteditable]');

const step = (by) => {
  const all = links();
  const now = all.indexOf(document.activeElement?.closest('tr')?.querySelector('td.title > a'));
  const next = all[Math.min(Math.max(now + by, 0), all.length - 1)];
  next?.focus();
};

const acts = {
  j: () => step(1),
  k: () => step(-1),
  x: () => document.activeElement?.closest('tr')?.querySelector('.pick')?.click(),
  n: () => { window.location.assign(document.querySelector('[data-new]').href); },
  '/': () => document.querySelector('#filter-text')?.focus(),
  '?': () => document.querySelector('#keys')?.showModal(),
};

document.addEventListener('keydown', (event) => {
  const act = acts[event.key];
  if (!act || event.ctrlKey || event.metaKey || event.altKey || writing(event.target)) return;
  event.preventDefault();
  act();
});
