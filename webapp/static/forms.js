// Makes the forms of _form.html lively: fields that depend on others, rows, messages at once, drafts.
// Nothing here is needed to submit; the server checks everything again by the same rules (engine/forms/answers.py).

const NUMBER = /^-?(?:\d{1,40}(?:\.\d{1,40})?|\.\d{1,40})(?:[eE][-+]?\d{1,3})?$/;
const UNWANTED = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ud800-\udfff\ufeff\ufffe\uffff\u202a-\u202e\u2066-\u2069]/gu;
const LINE_BREAK = /\r\n?|[\u000b\u000c\u0085\u2028\u2029]/g;
const DRAFT_DELAY = 3000; // milliseconds after the last change

// ---- values and conditions ------------------------------------------------------------------------------------------

/** Text as the server keeps it: NFC, no control characters, no outer blanks. */
export function cleanText(text, { multiline }) {
  let clean = text.replace(LINE_BREAK, '\n').replace(UNWANTED, '');
  if (!multiline) clean = clean.replace(/[\n\t]/g, ' ');
  return clean.normalize('NFC').trim();
}

/** Whether a condition holds; get(field id) gives the value. The same in Python: Condition.holds. */
export function holds(condition, get) {
  if (condition.all) return condition.all.every((part) => holds(part, get));
  if (condition.any) return condition.any.some((part) => holds(part, get));
  const value = get(condition.field) ?? null;
  if ('in' in condition) return condition.in.some((expected) => same(value, expected));
  if ('is' in condition) return same(value, condition.is);
  const number = Array.isArray(value) ? null : toNumber(value);
  if (number === null) return false;
  return number >= (condition.gte ?? -Infinity) && number <= (condition.lte ?? Infinity);
}

function same(value, expected) {
  if (Array.isArray(value)) return value.some((item) => same(item, expected));
  if (value === null || expected === null || typeof value === 'boolean' || typeof expected === 'boolean') return value === expected;
  return typeof expected === 'number' ? toNumber(value) === expected : value === expected;
}

function toNumber(value) {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && NUMBER.test(value) ? Number(value) : null;
}

/** What conditions see of a field: text, number, true or false, a list of ticked boxes, or null. */
export function fieldValue(field) {
  if (!field || field.closest('[data-show-if][hidden]')) return null;
  const controls = inputs(field);
  const ticked = controls.filter((control) => control.checked).map((control) => control.value);
  switch (field.dataset.kind) {
    case 'checks': return ticked;
    case 'yesno': return controls[0].type === 'checkbox' ? controls[0].checked : ticked.length ? ticked[0] === 'true' : null;
    case 'choice': return controls[0].type === 'radio' ? ticked[0] ?? null : controls[0].value || null;
    case 'number': return toNumber(controls[0].value.trim());
    case 'text': case 'textarea': return cleanText(controls[0].value, { multiline: true }) || null;
    default: return controls[0].value || null;
  }
}

const inputs = (field) => [...field.querySelectorAll('input:not([type=hidden]), select, textarea')];

/** Shows and hides in document order: conditions name earlier fields only, so one pass decides. */
function applyConditions(form) {
  const prefix = form.querySelector('[data-prefix]').dataset.prefix;
  const get = (id) => fieldValue(form.querySelector(`[data-field="${prefix}${id}"]`));
  for (const box of form.querySelectorAll('[data-show-if]')) {
    box.hidden = !holds(JSON.parse(box.dataset.showIf), get);
    box.disabled = box.hidden; // a disabled fieldset is neither checked nor sent
  }
}

// ---- rules ----------------------------------------------------------------------------------------------------------

/** The first rule a field breaks as [rule, n], or null. The rules are the server's. */
export function brokenRule(field) {
  const [control] = inputs(field);
  switch (field.dataset.kind) {
    case 'rows': return rowsRule(field);
    case 'files': return filesRule(field, control);
    case 'checks': return 'required' in field.dataset && !fieldValue(field).length ? ['choose'] : null;
    case 'yesno': case 'choice': return control.validity.valueMissing ? ['choose'] : null;
    case 'text': case 'textarea': return textRule(control);
    case 'number': return numberRule(control);
    default: return dateRule(control);
  }
}

function textRule(control) {
  const text = cleanText(control.value, { multiline: control.localName === 'textarea' });
  if (!text) return control.required ? ['required'] : null;
  // The browser's own tooShort and tooLong look only at what a person typed since the page was loaded.
  if (text.length < control.minLength) return ['min_length', control.minLength];
  if (control.maxLength >= 0 && text.length > control.maxLength) return ['max_length', control.maxLength];
  return control.pattern && !new RegExp(`^(?:${control.pattern})$`, 'v').test(text) ? ['pattern'] : null;
}

function numberRule(control) {
  if (control.validity.badInput) return ['number'];
  const text = control.value.trim();
  if (!text) return control.required ? ['required'] : null;
  if (!NUMBER.test(text)) return ['number'];
  if (control.validity.rangeUnderflow) return ['min', control.min];
  if (control.validity.rangeOverflow) return ['max', control.max];
  const places = (control.step.split('.')[1] ?? '').length;
  return control.validity.stepMismatch ? [places ? 'decimals' : 'whole', places] : null;
}

function dateRule(control) {
  const { validity } = control;
  if (validity.badInput) return ['date'];
  if (validity.valueMissing) return ['required'];
  if (validity.rangeUnderflow) return ['date_min', control.min.slice(0, 10)];
  return validity.rangeOverflow ? ['date_max', control.max.slice(0, 10)] : null;
}

function filesRule(field, control) {
  const added = [...control.files];
  const count = added.length + field.querySelectorAll('[data-upload]').length;
  const accepted = control.accept ? control.accept.split(',') : [];
  if ('required' in field.dataset && !count) return ['required'];
  if (count > Number(control.dataset.maxFiles)) return ['files_max', control.dataset.maxFiles];
  const foreign = (file) => !accepted.some((ending) => file.name.toLowerCase().endsWith(ending));
  if (accepted.length && added.some(foreign)) return ['file_type', accepted.join(', ')];
  const tooBig = (file) => file.size > Number(control.dataset.maxMb) * 1024 * 1024;
  if (added.some(tooBig)) return ['file_size', control.dataset.maxMb];
  // What one request takes, and a little less: beyond it the answer would be none of our pages.
  const everywhere = [...control.form.querySelectorAll('input[type="file"]')].flatMap((one) => [...one.files]);
  const together = everywhere.reduce((sum, file) => sum + file.size, 0);
  return added.length && together > Number(control.dataset.togetherMb) * 1e6 ? ['files_together', control.dataset.togetherMb] : null;
}

function rowsRule(field) {
  const count = field.querySelector('[data-list]').children.length;
  if (count < Number(field.dataset.min)) return ['rows_min', field.dataset.min];
  return count > Number(field.dataset.max) ? ['rows_max', field.dataset.max] : null;
}

// ---- one form -------------------------------------------------------------------------------------------------------

function enhance(form) {
  const messages = JSON.parse(form.querySelector('[data-messages]').textContent);
  const say = (rule, n = '') => (messages[rule] ?? rule).replace('%(n)s', n);
  form.noValidate = true; // our words instead of the browser's
  applyConditions(form);
  showPicked(form);
  form.querySelectorAll('[data-rows]').forEach(countRows);
  form.querySelectorAll('[data-refresh]').forEach((button) => { button.hidden = true; });

  form.addEventListener('input', (event) => {
    applyConditions(form);
    const field = event.target.closest('[data-field]');
    if (field && isMarked(field)) check(field, say);
  });
  form.addEventListener('change', (event) => {
    const field = event.target.closest('[data-field]');
    if (!field) return;
    if (['text', 'textarea'].includes(field.dataset.kind)) {
      event.target.value = cleanText(event.target.value, { multiline: field.dataset.kind === 'textarea' });
    }
    applyConditions(form);
    check(field, say);
  });
  form.addEventListener('submit', (event) => {
    if (event.submitter?.formNoValidate) return;
    applyConditions(form);
    const wrong = shownFields(form).filter((field) => !check(field, say));
    if (!wrong.length) return;
    event.preventDefault();
    focusTarget(wrong[0]).focus();
  });
  form.addEventListener('click', (event) => {
    const button = event.target.closest('[data-add], [data-remove], [data-remove-upload]');
    if (!button) return;
    event.preventDefault();
    change(button);
    form.dispatchEvent(new Event('input', { bubbles: true }));
  });
  form.querySelector('.errsum')?.focus();
  watchForLoss(form);
  if (form.dataset.draftUrl) saveDrafts(form, say);
}

const shownFields = (form) => [...form.querySelectorAll('[data-field]')].filter((field) => !field.closest('[data-show-if][hidden]'));
const isMarked = (field) => field.matches('[aria-invalid]') || controlsOf(field).some((control) => control.matches('[aria-invalid]'));
const controlsOf = (field) => (field.matches('[data-control]') ? [field] : field.dataset.kind === 'rows' ? [] : [...field.querySelectorAll('[data-control]')]);
const focusTarget = (field) => (field.dataset.kind === 'rows' ? field : inputs(field)[0]);

/** Shows what is wrong with a field, or that nothing is. True when nothing is. */
function check(field, say) {
  const broken = brokenRule(field);
  const line = document.getElementById(`${field.dataset.field}-err`);
  line.hidden = !broken;
  line.querySelector('span').textContent = broken ? say(...broken) : '';
  for (const control of controlsOf(field)) {
    if (broken) control.setAttribute('aria-invalid', 'true');
    else control.removeAttribute('aria-invalid');
  }
  if (!broken) strikeFromSummary(field);
  return !broken;
}

function strikeFromSummary(field) {
  const summary = field.closest('form').querySelector('.errsum');
  const target = focusTarget(field)?.id;
  summary?.querySelector(`a[href="#${target}"]`)?.closest('li').remove();
  if (summary && !summary.querySelector('li')) summary.remove();
}

function change(button) {
  const upload = button.closest('[data-upload]');
  if (upload) {
    const field = upload.closest('[data-field]');
    upload.remove();
    inputs(field)[0].focus();
    return;
  }
  const rows = button.closest('[data-rows]');
  if (button.matches('[data-add]')) addRow(rows);
  else removeRow(rows, button.closest('[data-row]'));
  countRows(rows);
}

function addRow(rows) {
  const list = rows.querySelector('[data-list]');
  const taken = [...list.querySelectorAll(':scope > [data-row] > input[type=hidden]')].map((input) => Number(input.name.split('.').pop()));
  const html = rows.querySelector('template').innerHTML;
  list.insertAdjacentHTML('beforeend', html.replaceAll('__row__', String(Math.max(-1, ...taken) + 1)));
  inputs(list.lastElementChild)[0].focus();
}

function removeRow(rows, row) {
  const next = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  (next ? inputs(next)[0] : rows.querySelector('[data-add]')).focus();
}

function countRows(rows) {
  const list = [...rows.querySelector('[data-list]').children];
  list.forEach((row, index) => { row.querySelector('[data-number]').textContent = index + 1; });
  for (const row of list) row.querySelector('[data-remove]').hidden = list.length <= Number(rows.dataset.min);
  rows.querySelector('[data-add]').disabled = list.length >= Number(rows.dataset.max);
}

// ---- pictures that were chosen, before they are sent ------------------------------------------------------------------

const THUMB = 96; // pixels

/** Choosing again adds to what was chosen: a telephone gives one photograph at a time. */
function showPicked(form) {
  const picked = new WeakMap();
  form.addEventListener('change', async (event) => {
    const control = event.target;
    if (control.type !== 'file' || !control.files.length) return;
    const before = picked.get(control) ?? [];
    const known = (file) => before.some((other) => other.name === file.name && other.size === file.size && other.lastModified === file.lastModified);
    keep(control, [...before, ...[...control.files].filter((file) => !known(file))]);
    await preview(control);
  });
  form.addEventListener('click', (event) => {
    const remove = event.target.closest('.picked button');
    if (!remove) return;
    const control = remove.closest('[data-field]').querySelector('input[type=file]');
    const place = [...remove.closest('.picked').children].indexOf(remove.closest('li'));
    keep(control, picked.get(control).filter((_, index) => index !== place));
    preview(control).then(() => control.focus());
  });

  function keep(control, files) {
    picked.set(control, files);
    const kept = new DataTransfer();
    files.forEach((file) => kept.items.add(file));
    control.files = kept.files;
  }

  async function preview(control) {
    const list = control.parentElement.querySelector('.picked') ?? document.createElement('ul');
    list.className = 'picked';
    control.after(list);
    const files = picked.get(control);
    const items = await Promise.all(files.map((file) => thumbnail(file, control.dataset.remove)));
    if (files === picked.get(control)) list.replaceChildren(...items); // else something was chosen or removed meanwhile
  }
}

/** A file that was chosen: its picture where the browser can show one, its name otherwise. */
async function thumbnail(file, removeWords) {
  const item = document.createElement('li');
  const words = document.createElement('span');
  words.textContent = file.name;
  const picture = file.type.startsWith('image/') ? await createImageBitmap(file).catch(() => null) : null;
  if (picture) {
    const canvas = document.createElement('canvas');
    const scale = THUMB / Math.max(picture.width, picture.height);
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    item.append(canvas);
  }
  const remove = document.createElement('button');
  remove.type = 'button';
  remove.className = 'btn quiet small';
  remove.textContent = removeWords;
  remove.setAttribute('aria-label', `${removeWords} ${file.name}`);
  item.append(words, remove);
  return item;
}

// ---- what was typed must not be lost --------------------------------------------------------------------------------

function watchForLoss(form) {
  if ('nothingKept' in form.dataset) return;
  form.addEventListener('input', () => { form.dataset.unsaved = ''; });
  form.addEventListener('submit', (event) => { if (!event.defaultPrevented) delete form.dataset.unsaved; });
  window.addEventListener('beforeunload', (event) => { if (form.isConnected && 'unsaved' in form.dataset) event.preventDefault(); });
}

/** Posts the answers as a draft a while after the last change. Files are stored on submitting only. */
function saveDrafts(form, say) {
  const status = form.querySelector('[data-draft-status]');
  let timer = 0;
  form.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(save, Number(form.dataset.draftDelay ?? DRAFT_DELAY));
  });
  form.addEventListener('submit', (event) => { if (!event.defaultPrevented) clearTimeout(timer); });

  async function save() {
    const body = new FormData(form);
    const files = [...body].filter(([, value]) => value instanceof File).map(([name]) => name);
    for (const name of new Set(files)) {
      const stored = body.getAll(name).filter((value) => typeof value === 'string');
      body.delete(name);
      stored.forEach((id) => body.append(name, id));
    }
    body.append('_draft', '1');
    delete form.dataset.unsaved; // a change while the draft travels sets it again
    const saved = await fetch(form.dataset.draftUrl, { method: 'POST', body, headers: { Accept: 'application/json' } })
      .then((answer) => answer.ok && !answer.redirected && answer.text(), () => false);
    if (saved === false) form.dataset.unsaved = '';
    else compareAgain(form, saved);
    const time = new Date().toLocaleTimeString(document.documentElement.lang, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
    if (status) status.textContent = saved !== false ? say('draft_saved', time) : say('draft_failed');
  }
}

/** A step that was returned: its earlier version beside the draft that was just saved, as the server compares them. */
function compareAgain(form, html) {
  const shown = form.parentElement.querySelector('[data-earlier]');
  if (!shown || !html.trim()) return;
  const opened = shown.querySelector('details')?.open;
  const again = new DOMParser().parseFromString(html, 'text/html').querySelector('[data-earlier]');
  if (opened !== undefined && again.querySelector('details')) again.querySelector('details').open = opened;
  shown.replaceWith(document.adoptNode(again));
}

/** Forms that came with the page, and those that came later. */
function enhanceAll() {
  for (const form of document.querySelectorAll('form[data-form]:not([data-enhanced])')) {
    form.dataset.enhanced = '';
    enhance(form);
  }
}

enhanceAll();
for (const event of ['shouwen:shown', 'htmx:after:swap']) document.addEventListener(event, enhanceAll);
