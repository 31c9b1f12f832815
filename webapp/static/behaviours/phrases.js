// The company's phrases beside a form: a click, or Alt+P and Enter, puts one where somebody was writing last.

const list = document.querySelector('details[data-phrases]');
const form = document.querySelector('form[data-form]');
const TEXTS = 'textarea, input[type=text]';
let last = null;

form?.addEventListener('focusin', (event) => { if (event.target.matches(TEXTS)) last = event.target; });

list?.addEventListener('click', (event) => {
  const phrase = event.target.closest('[data-phrase]');
  const field = last?.isConnected ? last : form?.querySelector('textarea') ?? form?.querySelector(TEXTS);
  if (!phrase || !field) return;
  const before = field.value.slice(0, field.selectionStart);
  const room = Number(field.maxLength) < 0 ? Infinity : field.maxLength - field.value.length;
  const words = phrase.textContent.trim().slice(0, room);
  field.setRangeText(before && !/\s$/.test(before) && /^\w/.test(words) ? ` ${words}` : words, field.selectionStart, field.selectionEnd, 'end');
  field.dispatchEvent(new Event('input', { bubbles: true }));
  field.focus();
});

document.addEventListener('keydown', (event) => {
  if (!list || !event.altKey || event.code !== 'KeyP' || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  list.open = true;
  list.querySelector('[data-phrase]').focus();
});
