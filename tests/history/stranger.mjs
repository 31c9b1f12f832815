// A second verifier, written from docs/history-format.md alone: if it and check.py disagree, the page is wrong.
// node stranger.mjs FOLDER [KEY [CHECKPOINT]] prints {"wrong": [[seq, reason], …]} for an unpacked audit package.
import { createHash, createPublicKey, verify } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const [folder, givenKey, keptFile] = process.argv.slice(2);
const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
const overLines = (...lines) => sha256(lines.join("\n")).toString("hex");
const text = (name) => readFileSync(join(folder, name), "utf8");
const lines = (name) => text(name).split("\n").filter(Boolean).map((line) => JSON.parse(line));

const wrong = [];
const stream = JSON.parse(text("stream.json"));
const events = lines("history.jsonl");
const kept = JSON.parse(text("values.json"));
checkChain();
checkContents();
checkPapers();
if (existsSync(join(folder, "proof.json"))) {
  const company = lines("company.jsonl");
  for (const event of company) if (event.hash !== eventHash("", event)) wrong.push([0, "hash"]);
  checkProcedures(company);
  checkTree(JSON.parse(text("proof.json")), company);
}
console.log(JSON.stringify({ wrong }));

function eventHash(label, event) {
  const names = ["seq", "at", "actor", "on_behalf_of", "action", "subject", "body", "previous"];
  return overLines("shouwen-history/1", stream.company, label, ...names.map((name) => event[name]));
}

function checkChain() {
  let seq = 0;
  let previous = overLines("shouwen-history/1", stream.company, stream.case);
  for (const event of events) {
    const reason =
      event.seq !== seq + 1 ? "gap" : event.previous !== previous ? "previous"
        : event.hash !== eventHash(stream.case, event) ? "hash" : valuesFit(event) ? null : "value";
    if (reason) return wrong.push([event.seq, reason]);
    [seq, previous] = [event.seq, event.hash];
  }
  const head = events.length ? { seq, hash: previous } : null;
  if (JSON.stringify(stream.head) !== JSON.stringify(head)) wrong.push([seq, "head"]);
  for (const of of Object.keys(kept)) if (Number(of) < 1 || Number(of) > seq) wrong.push([Number(of), "value"]);
}

function valuesFit(event) {
  const seals = new Map();
  (function walk(part) {
    if (part === null || typeof part !== "object") return;
    if (!Array.isArray(part) && "$sealed" in part) seals.set(part.$name, part.$sealed);
    else Object.values(part).forEach(walk);
  })(JSON.parse(event.body));
  return Object.entries(kept[event.seq] ?? {}).every(
    ([name, [salt, value]]) => seals.get(name) === overLines(salt, canonical(value)),
  );
}

function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
}

function below(path) {
  return readdirSync(join(folder, path)).flatMap((name) => {
    const inside = `${path}${name}`;
    return statSync(join(folder, inside)).isDirectory() ? below(`${inside}/`) : [inside];
  });
}

function checkContents() {
  const recorded = new Set();
  for (const found of Object.values(kept))
    for (const [name, [, value]] of Object.entries(found)) if (/^sha256\.\d+$/.test(name)) recorded.add(value);
  const there = ["files/", "letters/"].filter((path) => existsSync(join(folder, path))).flatMap(below);
  const hashes = there.map((path) => sha256(readFileSync(join(folder, path))).toString("hex"));
  for (const hash of hashes) if (!recorded.has(hash)) wrong.push([0, "file"]);
  if ([...recorded].some((hash) => !hashes.includes(hash))) wrong.push([0, "file"]);
}

function checkPapers() {
  const taken = events.findLast((event) => event.action === "export_case");
  const papers = taken ? JSON.parse(taken.body).papers ?? {} : {};
  const seq = taken?.seq ?? 0;
  for (const name of [...new Set([...Object.keys(papers), "record.pdf", "verdicts.json"])].sort()) {
    const there = existsSync(join(folder, name));
    const found = kept[seq]?.[papers[name]?.$name];
    if (!there && !papers[name] || papers[name] && !found) continue;
    if (!there || !found || sha256(readFileSync(join(folder, name))).toString("hex") !== found[1]) wrong.push([seq, "paper"]);
  }
  if (!existsSync(join(folder, "verdicts.json"))) return;
  const said = JSON.parse(text("verdicts.json"));
  const stray = [...said.clauses, ...said.interventions].find(({ event }) => event < 0 || event > events.length);
  if (stray) wrong.push([stray.event, "paper"]);
}

function checkProcedures(company) {
  const digests = new Map(company.map((event) => [event.seq, JSON.parse(event.body).digest]));
  for (const { folder: path, deployed } of stream.procedures) {
    const names = below(path).map((name) => name.slice(path.length)).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const hash = createHash("sha256");
    for (const name of names) {
      const content = readFileSync(join(folder, path, name));
      hash.update(`${name}\0${content.length}\0`).update(content);
    }
    if (digests.get(deployed) !== hash.digest("hex")) wrong.push([0, "procedure"]);
  }
}

function signed(note, key) {
  const end = note.indexOf("\n\n");
  const said = note.slice(0, end + 1);
  const [origin, size, root] = said.split("\n");
  const [name, number, ...rest] = key.trim().split("+");
  const content = Buffer.from(rest.join("+"), "base64");
  const written = note.slice(end + 2).trim().split(" ").at(-1);
  const signature = Buffer.from(written, "base64");
  if (signature.toString("base64") !== written) return null;
  if (name !== origin || sha256(`${name}\n`, content).subarray(0, 4).toString("hex") !== number) return null;
  if (signature.subarray(0, 4).toString("hex") !== number) return null;
  const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), content.subarray(1)]);
  const publicKey = createPublicKey({ key: der, format: "der", type: "spki" });
  if (!verify(null, Buffer.from(said), publicKey, signature.subarray(4))) return null;
  return { origin, size: Number(size), root: Buffer.from(root, "base64") };
}

function checkTree(proof, company) {
  const checkpoint = signed(proof.note, givenKey || proof.key);
  if (!checkpoint || checkpoint.origin !== `shouwen/${stream.company}`) return wrong.push([0, "signature"]);
  for (const [list, leaves] of [[events, proof.events], [company, proof.company]]) {
    const hashes = new Map(list.map((event) => [event.seq, event.hash]));
    for (const [seq, position, path] of leaves) {
      const leaf = sha256(Buffer.of(0), Buffer.from(hashes.get(seq) ?? "", "hex"));
      const root = rootFrom(leaf, position, checkpoint.size, path.map((part) => Buffer.from(part, "hex")));
      if (!root?.equals(checkpoint.root)) { wrong.push([seq, "tree"]); break; }
    }
  }
  const notes = keptFile ? [readFileSync(keptFile, "utf8")] : [];
  if (existsSync(join(folder, "stamp"))) notes.push(text("stamp/checkpoint.txt"));
  for (const note of notes) checkOlder(proof, checkpoint, note);
  if (existsSync(join(folder, "stamp")) && !isStamped()) wrong.push([0, "stamp"]);
}

function checkOlder(proof, checkpoint, note) {
  const before = signed(note, givenKey || proof.key);
  if (!before) return wrong.push([0, "signature"]);
  const path = proof.since.find((each) => each.size === before.size)?.path ?? (before.size === checkpoint.size ? [] : null);
  if (!path || !goesOn(before, checkpoint, path.map((part) => Buffer.from(part, "hex")))) wrong.push([0, "since"]);
}

// RFC 3161, 2.4.2: behind the id of TSTInfo stand, each inside the other, [0], octets, TSTInfo; its third part holds the hash.
function isStamped() {
  const answer = readFileSync(join(folder, "stamp/checkpoint.tsr"));
  const at = answer.indexOf(Buffer.from("060b2a864886f70d0109100104", "hex"));
  if (at < 0) return false;
  const parts = partsOf(partsOf(partsOf(partsOf(answer.subarray(at + 13))[0])[0])[0]);
  const digest = partsOf(parts[2])[1];
  return digest.equals(sha256(text("stamp/checkpoint.txt")));
}

/** The contents of the values in DER that stand one behind the other. */
function partsOf(bytes) {
  const parts = [];
  for (let at = 0; at + 1 < bytes.length;) {
    const long = bytes[at + 1] > 127 ? bytes[at + 1] - 128 : 0;
    const start = at + 2 + long;
    const length = long ? bytes.readUIntBE(at + 2, long) : bytes[at + 1];
    parts.push(bytes.subarray(start, start + length));
    at = start + length;
  }
  return parts;
}

// RFC 6962, 2.1.1, read as a recursion: which side of the split the leaf is on tells which side a hash stands.
function rootFrom(leaf, index, size, path) {
  if (index < 0 || index >= size) return null;
  if (size === 1) return path.length ? null : leaf;
  if (!path.length) return null;
  const split = 2 ** (Math.ceil(Math.log2(size)) - 1);
  const [rest, top] = [path.slice(0, -1), path.at(-1)];
  const inner = index < split ? rootFrom(leaf, index, split, rest) : rootFrom(leaf, index - split, size - split, rest);
  if (!inner) return null;
  return index < split ? sha256(Buffer.of(1), inner, top) : sha256(Buffer.of(1), top, inner);
}

// RFC 6962, 2.1.2, the same way: the roots of both trees, built from one list of hashes.
function goesOn(before, after, path) {
  if (before.size === after.size) return !path.length && before.root.equals(after.root);
  const roots = both(before.size, after.size, path, true, before.root);
  return Boolean(roots) && roots[0].equals(before.root) && roots[1].equals(after.root);
}

function both(old, size, path, whole, oldRoot) {
  if (old === size) {
    if (whole) return path.length ? null : [oldRoot, oldRoot];
    return path.length === 1 ? [path[0], path[0]] : null;
  }
  if (!path.length) return null;
  const split = 2 ** (Math.ceil(Math.log2(size)) - 1);
  const [rest, top] = [path.slice(0, -1), path.at(-1)];
  const inner = old <= split ? both(old, split, rest, whole, oldRoot) : both(old - split, size - split, rest, false, oldRoot);
  if (!inner) return null;
  const joined = (left, right) => sha256(Buffer.of(1), left, right);
  return old <= split ? [inner[0], joined(inner[1], top)] : [joined(top, inner[0]), joined(top, inner[1])];
}
