// What the package says about elements outside the diagram: names in other languages, guidance, whose lane it is, clauses.
// Kept as values while somebody edits, put into the files when they are saved or checked. Every change can be undone.

import { Toml } from './toml.js';

export class Beside {
  /**
   * @param {Editor} editor
   * @param {Object<string, string>} files path -> text of procedure.toml, clauses.toml and texts/*.toml
   */
  constructor(editor, files) {
    this.editor = editor;
    this.files = files; // as they were opened: changes are kept apart from them, so that they can be undone after saving too
    this.stored = { ...files };
    this.changes = new Map(); // "path|table|number|key" -> value, undefined = away
  }

  /** The value as edited, else as stored. */
  value(path, table, number, key) {
    const change = `${path}|${table}|${number}|${key}`;
    if (this.changes.has(change)) return this.changes.get(change);
    const toml = this.toml(path);
    return toml.value(toml.all(table)[number], key);
  }

  /** One step to undo. `elements` are drawn again. */
  set(path, table, number, key, value, elements = []) {
    const change = `${path}|${table}|${number}|${key}`;
    const before = this.value(path, table, number, key);
    if (JSON.stringify(before) === JSON.stringify(value)) return;
    let other = { value };
    this.editor.beside(() => {
      const now = this.changes.has(change) ? { value: this.changes.get(change) } : null;
      if (other) this.changes.set(change, other.value);
      else this.changes.delete(change);
      other = now;
    }, elements);
  }

  /** The files that differ from what is stored, path -> text. */
  changed() {
    const found = {};
    for (const path of Object.keys(this.stored)) if (this.stored[path] !== this.files[path]) found[path] = this.files[path];
    for (const [change, value] of this.changes) {
      const [path, table, number, key] = change.split('|');
      const toml = new Toml(found[path] ?? this.files[path] ?? '');
      const text = toml.with(table, Number(number), key, value);
      found[path] = text;
    }
    return Object.fromEntries(Object.entries(found).filter(([path, text]) => text !== (this.stored[path] ?? '')));
  }

  toml(path) {
    this.read ??= new Map();
    const text = this.files[path] ?? '';
    const known = this.read.get(path);
    if (known?.text === text) return known;
    const toml = new Toml(text);
    this.read.set(path, toml);
    return toml;
  }

  name(language, id) {
    return this.value(`texts/${language}.toml`, 'elements', 0, id) ?? '';
  }

  setName(language, element, name) {
    this.set(`texts/${language}.toml`, 'elements', 0, element.id, name || undefined, [element]);
  }

  guidance(language, key) {
    return this.value(`texts/${language}.toml`, 'guidance', 0, key) ?? '';
  }

  lane(id) {
    return this.value('procedure.toml', 'lanes', 0, id) ?? '';
  }

  setLane(element, group) {
    this.set('procedure.toml', 'lanes', 0, element.id, group || undefined, [element]);
  }

  /** Every clause: id and the elements that carry it out. */
  clauses() {
    const toml = this.toml('clauses.toml');
    return toml.all('clause').map((table, number) => ({ id: toml.value(table, 'id'), number, elements: this.value('clauses.toml', 'clause', number, 'element') ?? [] }));
  }

  clausesOf(id) {
    return this.clauses().filter((clause) => clause.elements.includes(id));
  }

  link(clause, element) {
    this.set('clauses.toml', 'clause', clause.number, 'element', [...clause.elements, element.id], [element]);
  }

  unlink(clause, element) {
    const rest = clause.elements.filter((each) => each !== element.id);
    this.set('clauses.toml', 'clause', clause.number, 'element', rest.length ? rest : undefined, [element]);
  }
}
