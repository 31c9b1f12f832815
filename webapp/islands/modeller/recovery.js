// Work that was not saved, kept in this browser until it is: a crash, a closed window or a dead network loses nothing.

const PREFIX = 'shouwen-modeller';

export class Recovery {
  constructor(person, procedure, file) {
    this.key = [PREFIX, person, procedure, file].join(':');
  }

  /** @returns {?{at: number, revision: string, files: Object<string, string>}} */
  kept() {
    try {
      const found = JSON.parse(localStorage.getItem(this.key));
      return found?.files ? found : null;
    } catch {
      return null;
    }
  }

  /** Whether it could be kept: private windows and full discs refuse. */
  keep(revision, files) {
    try {
      localStorage.setItem(this.key, JSON.stringify({ at: Date.now(), revision, files }));
      return true;
    } catch {
      return false;
    }
  }

  forget() {
    try {
      localStorage.removeItem(this.key);
    } catch { /* nothing was kept either */ }
  }
}
