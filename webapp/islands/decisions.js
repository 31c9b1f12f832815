// The page of decision tables: the editor, what the engine finds, trying the table, and its test rows.
//
//   #settings   JSON: file, tests, check, trial (addresses), path (of the file), words
//   #table      the editor; #tables its tabs; #findings, #trial, #answer, #rows, #keep, #saved beside it

import { openTables } from './decisions/editor.js';
import { showFindings } from './decisions/findings.js';
import { Rows } from './decisions/rows.js';
import { Saving } from './decisions/saving.js';
import { send } from './decisions/sending.js';
import { Trial } from './decisions/trial.js';
import { later } from './decisions/later.js';

const PAUSE = 400; // milliseconds without typing before the engine is asked
const settings = JSON.parse(document.getElementById('settings').textContent);
const { words } = settings;
const saving = new Saving(settings, document.getElementById('saved'));
const trial = new Trial(document.getElementById('trial'), document.getElementById('answer'), words);
const rows = new Rows(document.getElementById('rows'), words);
const keep = document.getElementById('keep');
let text = '';
let asked = 0; // answers of earlier questions come late and are dropped

start().finally(() => { document.body.dataset.ready = '1'; });

async function start() {
  text = await saving.load();
  const tables = await openTables(document.getElementById('table'), document.getElementById('tables'), text).catch((error) => {
    console.error(error);
    document.getElementById('table').textContent = words.load_failed;
    return null;
  });
  const soon = later(PAUSE, () => ask(tables));
  trial.changed = () => {
    keep.disabled = true; // what is shown answers an earlier question
    soon();
  };
  rows.changed = () => ask(tables);
  rows.tried = (row) => {
    tables?.show(row.decision);
    trial.fill(row.given);
    ask(tables);
  };
  keep.addEventListener('click', () => {
    rows.add(trial.row(tables.decision()));
    ask(tables);
  });
  if (tables) {
    tables.switched = () => ask(tables);
    tables.changed = later(PAUSE, async () => {
      text = await tables.text();
      saving.put(settings.file, text);
      ask(tables);
    });
  }
  await ask(tables);
}

/** Asks the engine what it finds, what the table says, and what becomes of the rows. */
async function ask(tables) {
  const number = ++asked;
  keep.disabled = true;
  const decision = tables?.decision() ?? '';
  const files = { [settings.path]: text };
  if (rows.toml !== null) files[settings.path.replace(/\.dmn$/, '.tests.toml')] = rows.toml;
  const question = { text, decision, given: trial.given(), rows: rows.list };
  const [found, tried] = await Promise.all([send('POST', settings.check, { files }), send('POST', settings.trial, question)]);
  if (number !== asked) return;
  if (tried) {
    const shape = tried.decisions.find((each) => each.id === decision);
    const asksForMore = trial.shape(shape);
    trial.show(tried.outcome);
    tables?.mark(tried.outcome?.rule_ids ?? []);
    if (rows.show(tried)) saving.put(settings.tests, tried.toml);
    keep.disabled = !tried.outcome || Boolean(tried.outcome.error);
    if (asksForMore) trial.changed();
  }
  if (found) showFindings(document.getElementById('findings'), found.findings, { words, own: settings.path, go: (element) => tables?.go(element) });
}
