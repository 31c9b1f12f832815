// [data-filter="#list"] holds an input: while somebody types, only those [data-item] of the list stay that contain the words.
// Hidden in the HTML where only the script can filter; a form around it that the server answers works without.

for (const box of document.querySelectorAll('[data-filter]')) {
  const input = box.querySelector('input');
  const items = [...document.querySelectorAll(`${box.dataset.filter} [data-item]`)];
  box.hidden = false;
  input.addEventListener('input', () => {
    const wanted = input.value.trim().toLowerCase();
    for (const item of items) item.hidden = !item.textContent.toLowerCase().includes(wanted);
    const left = items.filter((item) => !item.hidden);
    if (wanted && left.length === 1 && 'open' in left[0]) left[0].open = true;
  });
}
