// Two buttons that only scripts can serve, therefore hidden in the HTML and shown here:
// [data-print] prints the page, [data-copy="#id"] copies that field's value and then shows the text of data-done.

for (const button of document.querySelectorAll('[data-print]')) {
  button.hidden = false;
  button.addEventListener('click', () => window.print());
}

for (const button of document.querySelectorAll('[data-copy]')) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).value);
    button.querySelector('span').textContent = button.dataset.done;
  });
}

// Paper cannot be unfolded: everything is open while the page prints.
let unfolded = [];
window.addEventListener('beforeprint', () => {
  unfolded = [...document.querySelectorAll('main details:not([open])')];
  for (const details of unfolded) details.open = true;
});
window.addEventListener('afterprint', () => {
  for (const details of unfolded) details.open = false;
});
