// The draft on the server: its files, whether they are as we last saw them, and what the engine says about them.

/** Somebody else has saved the draft since we read it. */
export class Conflict extends Error {
  constructor({ by = '', at = '' }) {
    super(`expected the draft as it was read, found it saved by ${by}`);
    Object.assign(this, { by, at });
  }
}

export class Draft {
  constructor({ files, check, choices, dates, conditions, token }) {
    Object.assign(this, { files, addresses: { check, choices, dates, conditions }, token, revision: null });
  }

  /** The text of one file; "" where the draft has none. */
  async read(path) {
    const answer = await fetch(this.files + encoded(path));
    if (answer.status === 404) return '';
    if (!answer.ok) throw new Error(`expected the file ${path}, found ${answer.status}`);
    this.revision = answer.headers.get('ETag') ?? this.revision;
    return answer.text();
  }

  /** All files as of one revision, path -> text. */
  async readAll(paths) {
    for (;;) {
      const found = {};
      const revisions = new Set();
      for (const path of paths) {
        found[path] = await this.read(path);
        revisions.add(this.revision);
      }
      if (revisions.size <= 1) return found;
    }
  }

  /** Saves one file. Raises Conflict when the draft is not what was read last. */
  async write(path, text) {
    const headers = { 'X-CSRF-Token': this.token, 'Content-Type': 'application/octet-stream' };
    if (this.revision) headers['If-Match'] = this.revision;
    const answer = await fetch(this.files + encoded(path), { method: 'PUT', headers, body: text });
    if (answer.status === 412) throw new Conflict(await answer.json());
    if (!answer.ok) throw new Error(`expected ${path} to be saved, found ${answer.status}`);
    const found = await answer.json();
    this.revision = answer.headers.get('ETag') ?? `"${found.revision}"`;
    return found;
  }

  /** What the engine finds in the draft with these files laid over it. */
  async check(files) {
    const headers = { 'X-CSRF-Token': this.token, 'Content-Type': 'application/json' };
    const answer = await fetch(this.addresses.check, { method: 'POST', headers, body: JSON.stringify({ files }) });
    if (!answer.ok) throw new Error(`expected findings, found ${answer.status}`);
    return (await answer.json()).findings;
  }

  async choices() {
    const answer = await fetch(this.addresses.choices);
    if (!answer.ok) throw new Error(`expected what can be chosen, found ${answer.status}`);
    const found = await answer.json();
    const lists = ['forms', 'groups', 'deadlines', 'decisions', 'letters', 'clauses', 'messages', 'procedures', 'fields'];
    return Object.fromEntries(lists.map((name) => [name, (found[name] ?? []).map((each) => ({ ...each, value: each.id, label: each.label || each.id }))]));
  }

  /** The next ten dates of a deadline: rows with start and due, or a reason why there are none. */
  async dates(deadline) {
    const answer = await fetch(`${this.addresses.dates}?deadline=${encodeURIComponent(deadline)}`);
    return answer.ok ? answer.json() : null;
  }

  /** A condition's text as a structure, or a structure as text; null when the server cannot say. */
  async condition(said) {
    const headers = { 'X-CSRF-Token': this.token, 'Content-Type': 'application/json' };
    try {
      const answer = await fetch(this.addresses.conditions, { method: 'POST', headers, body: JSON.stringify(said) });
      return answer.ok ? await answer.json() : null;
    } catch {
      return null;
    }
  }
}

const encoded = (path) => path.split('/').map(encodeURIComponent).join('/');
