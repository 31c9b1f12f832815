// Dragging a task to somebody chooses it and them in the form below; why is still to be said, and nothing moves before.

const form = document.querySelector('form[data-moves]');
let dragged = null;

form?.addEventListener('dragstart', (event) => {
  dragged = event.target.closest('li[draggable]');
  event.dataTransfer.effectAllowed = 'move';
  setTimeout(() => form.classList.add('dragging')); // what covers a column while choosing must not catch the drop
});
form?.addEventListener('dragend', () => { over(null); dragged = null; form.classList.remove('dragging'); });
form?.addEventListener('dragover', (event) => {
  const column = target(event);
  over(column);
  if (column) event.preventDefault();
});
form?.addEventListener('drop', (event) => {
  const column = target(event);
  if (!column) return;
  event.preventDefault();
  for (const box of form.querySelectorAll('input[name=task]')) box.checked = dragged.contains(box);
  form.elements.to.value = column.dataset.to;
  const said = form.querySelector('[data-moved]');
  said.textContent = said.dataset.moved
    .replace('{task}', dragged.querySelector('a').textContent)
    .replace('{name}', column.querySelector('h2').textContent);
  form.elements.reason.focus();
});

function target(event) {
  const column = dragged && event.target.closest('[data-to]');
  return column && !column.contains(dragged) ? column : null;
}

function over(column) {
  for (const each of form.querySelectorAll('.over')) if (each !== column) each.classList.remove('over');
  column?.classList.add('over');
}
