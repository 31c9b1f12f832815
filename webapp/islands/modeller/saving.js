// From the first change to the saved draft: kept in the browser at once, saved when asked, and never over somebody else's work.

import { openDiagram, fit } from '../diagram.js';
import { ask } from './ask.js';
import { make } from './dom.js';
import { Conflict } from './draft.js';
import { download } from './transfer.js';

const KEEP_AFTER = 500; // milliseconds after a change until it is kept in the browser

export class Saving {
  constructor(context, recovery) {
    Object.assign(this, { context, recovery, stored: '', state: 'saved', onFindings: () => {} });
    this.status = make('output', { class: 'mo-status', role: 'status' });
    context.editor.on(['commandStack.changed'], () => this.changed());
    window.addEventListener('beforeunload', (event) => { if (this.isDirty) event.preventDefault(); });
  }

  /** What the diagram is while nobody has changed it: our writing of it may differ from the file byte for byte. */
  async begin() {
    this.stored = await this.context.editor.text();
    this.say('saved');
  }

  get isDirty() {
    return this.state !== 'saved' || this.context.unwritten.size > 0;
  }

  /** The files that differ from the draft, path -> text. */
  async changedFiles() {
    const { editor, beside, settings } = this.context;
    const text = await editor.text();
    return { ...(text === this.stored ? {} : { [settings.file]: text }), ...beside.changed() };
  }

  changed() {
    if (this.state !== 'saving') this.say('changed');
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.keep(), KEEP_AFTER);
  }

  /** Keeps what is not saved in the browser. Undone changes are none. */
  async keep() {
    const files = await this.changedFiles();
    if (this.state === 'saving' || this.state === 'conflict') return; // theirs must not be kept as the base of mine
    if (!Object.keys(files).length) {
      this.recovery.forget();
      this.say('saved');
      return;
    }
    this.recovery.keep(this.context.draft.revision, files);
    if (this.state === 'saved') this.say('changed');
  }

  async save() {
    if (this.state === 'saving') return;
    this.say('saving');
    try {
      await Promise.all([...this.context.unwritten].map((field) => field.writeBuilt()));
      await this.send(await this.changedFiles());
    } catch (error) {
      if (error instanceof Conflict) await this.settle(error);
      else {
        console.error(error);
        this.say('failed');
      }
    }
  }

  async send(files) {
    const { draft, beside, settings } = this.context;
    let found = null;
    for (const [path, text] of Object.entries(files)) {
      found = await draft.write(path, text);
      if (path === settings.file) this.stored = text;
      else beside.stored[path] = text;
    }
    this.savedAt = found?.saved_at ? new Date(found.saved_at) : (this.savedAt ?? new Date());
    if (found?.findings) this.onFindings(found.findings);
    this.state = 'saved';
    await this.keep(); // what was changed while it was being saved is still open
    if (this.state === 'saved') this.say('saved');
  }

  /** Somebody else has saved: both are shown, and the person chooses. */
  async settle({ by, at }) {
    const { draft, settings, words: { say }, editor, beside } = this.context;
    clearTimeout(this.timer);
    this.say('conflict');
    const mine = await this.changedFiles();
    const theirs = await draft.readAll([settings.file, ...Object.keys(mine).filter((path) => path !== settings.file)]);
    const panes = make('div', { class: 'mo-both' }, pane(say('Yours, not saved')), pane(say('Theirs, saved')));
    const when = at ? moment(at, settings) : '';
    const answered = ask({
      title: say('Somebody else has saved this draft'),
      words: [say('{by} saved it at {at}, while you were working on it. Nothing is lost: what you do not choose stays in the list of revisions or is downloaded.', { by: by || '?', at: when || '?' })],
      body: panes, wide: true,
      answers: [{ value: '', label: say('Decide later') }, { value: 'theirs', label: say('Take theirs, download mine') }, { value: 'mine', label: say('Save mine over theirs'), primary: true }],
    });
    await Promise.all([[panes.children[0], await editor.text()], [panes.children[1], theirs[settings.file]]].map(async ([holder, xml]) => {
      try {
        fit(await openDiagram(holder.querySelector('.mo-both-canvas'), xml, {}));
      } catch (error) {
        console.error(error);
      }
    }));
    const answer = await answered;
    if (answer === 'mine') {
      for (const [path, text] of Object.entries(theirs)) if (path !== settings.file) beside.stored[path] = text;
      this.say('changed');
      await this.send(mine).catch((error) => { console.error(error); this.say('failed'); });
    } else if (answer === 'theirs') {
      download(settings.file.replace(/^.*\//, ''), await editor.text(), 'application/xml');
      this.recovery.forget();
      this.state = 'saved';
      location.reload();
    } else {
      draft.revision = '"0"'; // whatever is saved next, the question comes again
    }
  }

  /** Asks about work that was never saved. */
  async offerRecovery() {
    const kept = this.recovery.kept();
    if (!kept) return;
    const { words: { say }, editor, beside, settings, draft } = this.context;
    const at = moment(kept.at, settings);
    const moved = kept.revision !== draft.revision;
    const answer = await ask({
      title: say('There is work that was not saved'),
      words: [say('You changed this diagram on this computer until {at} and did not save it.', { at }), ...(moved ? [say('Since then the draft was saved by somebody. When you save, you will see both.')] : [])],
      answers: [{ value: 'discard', label: say('Discard it') }, { value: 'download', label: say('Download it') }, { value: 'continue', label: say('Continue with it'), primary: true }],
    });
    if (answer === 'discard') this.recovery.forget();
    if (answer === 'download') download(settings.file.replace(/^.*\//, ''), kept.files[settings.file] ?? '', 'application/xml');
    if (answer !== 'continue') return;
    if (kept.files[settings.file]) await editor.open(kept.files[settings.file]);
    for (const [path, text] of Object.entries(kept.files)) if (path !== settings.file) beside.files[path] = text;
    draft.revision = kept.revision;
    this.say('changed');
    await this.keep();
  }

  say(state) {
    const { words: { say }, settings } = this.context;
    this.state = state;
    const clock = this.savedAt && moment(this.savedAt, settings, { hour: '2-digit', minute: '2-digit' });
    const sentences = {
      saved: clock ? say('Saved at {at}', { at: clock }) : say('Everything is saved'),
      changed: say('Not saved yet; kept in this browser'),
      saving: say('Saving …'),
      failed: say('It could not be saved. Your work is kept in this browser; try again.'),
      conflict: say('Somebody else has saved; choose whose work counts'),
    };
    this.status.textContent = sentences[state];
    this.status.dataset.state = state;
  }
}

const LOCALES = { 'zh-Hans': 'zh-CN', 'zh-Hant': 'zh-TW', en: 'en-GB' };
const locale = (language) => LOCALES[language] ?? language;

/** An instant in the reader's words and the company's time. */
function moment(instant, { language, timeZone }, parts = { dateStyle: 'medium', timeStyle: 'short' }) {
  return new Date(instant).toLocaleString(locale(language), { timeZone, ...parts });
}

function pane(title) {
  return make('section', {}, make('h3', { text: title }), make('div', { class: 'mo-both-canvas diagram' }));
}
