// Small changes of a TOML file that leave every other byte as it is: one text, or one list of texts, by table and key.

const BARE = /[A-Za-z0-9_-]/;

export class Toml {
  constructor(text) {
    this.text = text;
    /** @type {{header: number, name: string, number: number, start: number, end: number, keys: Map}[]} */
    this.tables = read(text);
  }

  /** The tables of that name: one for [name], several for [[name]]. */
  all(name) {
    return this.tables.filter((table) => table.name === name);
  }

  /** The value of a key, texts and lists of texts only; undefined where there is none. */
  value(table, key) {
    const found = table?.keys.get(key);
    return found && parsed(this.text.slice(found.start, found.end));
  }

  entries(table) {
    return [...(table?.keys.keys() ?? [])].map((key) => [key, this.value(table, key)]);
  }

  /** The text with another value; undefined takes the key away. A table that is missing is made at the end. */
  with(name, number, key, value) {
    const table = this.all(name)[number];
    const found = table?.keys.get(key);
    if (value === undefined) return found ? this.spliced(found.lineStart, found.lineEnd, '') : this.text;
    if (found) return this.spliced(found.start, found.end, written(value));
    const line = `${quotedKey(key)} = ${written(value)}`;
    if (table) return this.spliced(table.last, table.last, `${endsLine(this.text, table.last) ? '' : '\n'}${line}\n`);
    return `${this.text}${!this.text || this.text.endsWith('\n') ? '' : '\n'}${this.text ? '\n' : ''}[${name}]\n${line}\n`;
  }

  spliced(start, end, fresh) {
    return this.text.slice(0, start) + fresh + this.text.slice(end);
  }
}

const endsLine = (text, at) => at === 0 || text[at - 1] === '\n';
const quotedKey = (key) => (/^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key));

function written(value) {
  return Array.isArray(value) ? `[${value.map(written).join(', ')}]` : text(value);
}

/** A basic string: what JSON writes is one, but for the character DEL. */
const text = (value) => JSON.stringify(value).replace(/\u007f/g, '\\u007f');

/** Goes through the lines once; whoever writes a file that cannot be read hears of it from the check. */
function read(source) {
  const tables = [{ name: '', keys: new Map(), last: 0 }];
  let at = 0;
  while (at < source.length) {
    const lineStart = at;
    at = blanks(source, at);
    if (source[at] === '#' || source[at] === '\n' || source[at] === '\r' || at >= source.length) {
      at = nextLine(source, at);
    } else if (source[at] === '[') {
      const header = /^\[\[?\s*([^\]]*?)\s*\]\]?/.exec(source.slice(at, at + 400));
      at = nextLine(source, at);
      tables.push({ name: (header?.[1] ?? '').replace(/\s*\.\s*/g, '.'), keys: new Map(), last: at });
    } else {
      const equals = keyEnd(source, at);
      if (equals < 0) {
        at = nextLine(source, at);
        continue;
      }
      const key = keyOf(source.slice(at, equals));
      const start = blanks(source, equals + 1);
      const end = valueEnd(source, start);
      at = nextLine(source, end);
      const table = tables.at(-1);
      table.keys.set(key, { lineStart, start, end, lineEnd: at });
      table.last = at;
    }
  }
  return tables;
}

function blanks(source, at) {
  let end = at;
  while (source[end] === ' ' || source[end] === '\t') end += 1;
  return end;
}

function nextLine(source, at) {
  const found = source.indexOf('\n', at);
  return found < 0 ? source.length : found + 1;
}

/** Where the equals sign of the key that begins at `at` stands; -1 when its line has none. */
function keyEnd(source, at) {
  let end = at;
  while (end < source.length && source[end] !== '\n') {
    if (source[end] === '=') return end;
    if (source[end] === '"' || source[end] === "'") end = stringEnd(source, end);
    else if (BARE.test(source[end]) || '. \t'.includes(source[end])) end += 1;
    else return -1;
  }
  return -1;
}

function keyOf(written) {
  const key = written.trim();
  return key.startsWith('"') || key.startsWith("'") ? parsed(key) : key;
}

function stringEnd(source, at) {
  const quote = source[at];
  if (source.startsWith(quote.repeat(3), at)) {
    let end = at + 3;
    while (end < source.length && !source.startsWith(quote.repeat(3), end)) end += quote === '"' && source[end] === '\\' ? 2 : 1;
    end += 3;
    while (source[end] === quote) end += 1; // up to two quotes may stand right before the end
    return Math.min(end, source.length);
  }
  let end = at + 1;
  while (end < source.length && source[end] !== quote && source[end] !== '\n') end += quote === '"' && source[end] === '\\' ? 2 : 1;
  return Math.min(end + 1, source.length);
}

function valueEnd(source, at) {
  if (source[at] === '"' || source[at] === "'") return stringEnd(source, at);
  if (source[at] !== '[' && source[at] !== '{') {
    let end = at;
    while (end < source.length && source[end] !== '\n' && source[end] !== '#') end += 1;
    return at + source.slice(at, end).trimEnd().length;
  }
  let depth = 0;
  let end = at;
  while (end < source.length) {
    const sign = source[end];
    if (sign === '"' || sign === "'") end = stringEnd(source, end);
    else if (sign === '#') end = nextLine(source, end);
    else {
      if ('[{'.includes(sign)) depth += 1;
      if (']}'.includes(sign)) depth -= 1;
      end += 1;
      if (!depth) return end;
    }
  }
  return end;
}

const ESCAPES = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r', e: '\u001b', '"': '"', '\\': '\\' };

/** A text or a list of texts; undefined for everything else. */
function parsed(value) {
  if (value.startsWith('"""') || value.startsWith("'''")) {
    const inner = value.slice(3, -3).replace(/^\r?\n/, '');
    return value.startsWith('"') ? unescaped(inner.replace(/\\[ \t]*\r?\n\s*/g, '')) : inner;
  }
  if (value.startsWith('"')) return unescaped(value.slice(1, -1));
  if (value.startsWith("'")) return value.slice(1, -1);
  if (!value.startsWith('[')) return undefined;
  const found = [];
  let at = 1;
  while (at < value.length - 1) {
    if (value[at] === '#') at = nextLine(value, at);
    else if (value[at] === '"' || value[at] === "'") {
      const end = stringEnd(value, at);
      found.push(parsed(value.slice(at, end)));
      at = end;
    } else at += 1;
  }
  return found;
}

function unescaped(inner) {
  return inner.replace(/\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|x([0-9A-Fa-f]{2})|(.))/gs, (_, four, eight, two, sign) =>
    sign ? (ESCAPES[sign] ?? sign) : String.fromCodePoint(parseInt(four ?? eight ?? two, 16)));
}
