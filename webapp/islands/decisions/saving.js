// Saving files of the draft by themselves, one after the other, each over the revision that was read.

import { request } from './sending.js';

const PAUSE = 1200; // milliseconds without another change before a save
const AGAIN = 5000; // milliseconds until a save that failed is tried again

export class Saving {
  /**
   * @param {{file: string, words: Object<string, string>}} settings
   * @param {HTMLElement} status says how it stands
   */
  constructor(settings, status) {
    this.settings = settings;
    this.status = status;
    this.revision = '0';
    this.waiting = new Map(); // address -> text
    this.busy = false;
    this.stopped = false;
    window.addEventListener('beforeunload', (event) => {
      if (this.waiting.size) event.preventDefault();
    });
  }

  /** The file as the draft has it. */
  async load() {
    const answer = await request('GET', this.settings.file);
    this.revision = answer.headers.get('ETag').replaceAll('"', '');
    return answer.text();
  }

  /** Saves `text` soon. */
  put(url, text) {
    this.waiting.set(url, text);
    if (this.stopped) return;
    this.say(this.settings.words.unsaved);
    this.soon(PAUSE);
  }

  soon(milliseconds) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.saveAll(), milliseconds);
  }

  async saveAll() {
    if (this.busy) return this.soon(PAUSE);
    this.busy = true;
    try {
      for (const [url, text] of [...this.waiting]) {
        if (!await this.save(url, text)) return;
        if (this.waiting.get(url) === text) this.waiting.delete(url);
      }
    } finally {
      this.busy = false;
    }
    if (this.waiting.size) this.soon(PAUSE);
  }

  async save(url, text) {
    const { words } = this.settings;
    this.say(words.saving);
    let answer = null;
    try {
      answer = await request('PUT', url, text, { 'If-Match': `"${this.revision}"` });
    } catch { /* no connection: as below */ }
    if (answer?.ok) {
      const saved = await answer.json();
      this.revision = String(saved.revision);
      this.say(words.saved, 'ok');
      return true;
    }
    if (answer?.status === 412) {
      this.stopped = true;
      this.say(words.moved.replace('%(name)s', (await answer.json()).by ?? ''), 'bad');
    } else if (answer && answer.status < 500 && answer.status !== 401) {
      this.stopped = true;
      this.say((await answer.json()).detail, 'bad');
    } else {
      this.say(answer?.status === 401 ? words.signed_out : words.failed, 'bad');
      this.soon(AGAIN);
    }
    return false;
  }

  say(words, tone = '') {
    this.status.textContent = words;
    this.status.dataset.tone = tone;
  }
}
