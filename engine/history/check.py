"""Checks an audit package of Shouwen, without Shouwen, its database or a network.

Needs Python 3.9 or newer and nothing else:

    python3 check.py                          the folder that this file was unpacked to
    python3 check.py PACKAGE.zip              a package as it was written, or the packages of a sample
    python3 check.py … --key KEY              with the public key that you were given before
    python3 check.py … --checkpoint FILE      with a checkpoint that you kept; may be given several times

It prints what it found and ends with 0 when nothing is wrong. What is checked is specified in history-format.md. The
questions that a package cannot answer by itself are whether KEY is the company's and whether FILE is older than it.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import sys
import zipfile
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

FORMAT = "shouwen-history/1"
NAMES = ("seq", "at", "actor", "on_behalf_of", "action", "subject", "body", "previous")
SAMPLE = "shouwen-sample/1"
PAPERS = {"record.pdf", "verdicts.json"}  # files that are written for people when a package is taken
LARGEST = 500_000_000  # bytes a package may unpack to

Files = dict[str, bytes]
Event = dict[str, Any]


class NotAPackage(ValueError):
    """The file is no audit package."""


class Problem(NamedTuple):
    """Something that is wrong: at which event (0 = none), one word, and a sentence."""

    seq: int
    reason: str
    message: str


class Verdict(NamedTuple):
    """What was found: sentences about what holds, and what is wrong."""

    facts: list[str]
    problems: list[Problem]
    events: int


def check_sample(files: Files, key: str = "", kept: Sequence[str] = ()) -> Verdict:
    """Everything there is to check in the packages of a sample, and that its seed draws these cases."""
    total = Verdict([], [], 0)
    try:
        sample = json.loads(files["sample.json"])
        drawn = draw(sample["population"], sample["seed"], sample["size"])
        if sample["algorithm"] != SAMPLE or drawn != sample["drawn"]:
            total.problems.append(Problem(0, "sample", "the seed does not draw these cases"))
        total.facts.append(f"{len(drawn)} of {len(sample['population'])} cases drawn with the seed {sample['seed']!r}")
        for number in sample["drawn"]:
            if number in sample["withheld"]:
                total.facts.append(f"{number}: withheld, something in it is confidential")
                continue
            folder = f"cases/{number}/"
            found = check({name[len(folder) :]: files[name] for name in files if name.startswith(folder)}, key, kept)
            total.facts.append(f"{number}: {'NOT WHOLE' if found.problems else 'WHOLE'}, {found.events} events")
            total.problems.extend(Problem(seq, why, f"{number}: {said}") for seq, why, said in found.problems)
            total = total._replace(events=total.events + found.events)
    except NotAPackage:
        raise
    except (KeyError, ValueError, TypeError, AttributeError, IndexError) as error:
        raise NotAPackage(f"not the packages of a sample ({type(error).__name__}: {error})") from error
    return total


def draw(population: Sequence[Any], seed: str, size: int) -> list[str]:
    """The numbers that *seed* draws of *population*, ``[number, values of its strata]`` each, in the order of reading.

    Every stratum gives one case, then each as many of the rest as its share, the largest remainders first; within a
    stratum those come first whose SHA-256 over algorithm, seed and number is smallest.
    """
    strata: dict[tuple[str, ...], list[str]] = {}
    for number, values in population:
        strata.setdefault(tuple(values), []).append(number)
    size = min(size, len(population))
    least = 1 if size >= len(strata) else 0
    rest, whole = size - least * len(strata), max(len(population) - least * len(strata), 1)
    shares = {values: rest * (len(found) - least) for values, found in strata.items()}
    counts = {values: least + share // whole for values, share in shares.items()}
    order = sorted(shares, key=lambda values: (-(shares[values] % whole), values))
    for values in order[: size - sum(counts.values())]:
        counts[values] += 1

    def key(number: str) -> str:
        return sha256(SAMPLE, seed, number)

    drawn = [number for values, found in strata.items() for number in sorted(found, key=key)[: counts[values]]]
    return sorted(drawn, key=key)


def check(files: Files, key: str = "", kept: Sequence[str] = ()) -> Verdict:
    """Everything there is to check in a package, given as path -> content. Raises NotAPackage."""
    try:
        verdict = Verdict([], [], len(files["history.jsonl"].splitlines()))
        stream, events = json.loads(files["stream.json"]), _events(files, "history.jsonl")
        values = json.loads(files["values.json"])
        _check_chain(stream, events, values, verdict)
        _check_contents(files, values, verdict)
        _check_papers(files, events, values, verdict)
        if "proof.json" in files:
            own = _events(files, "company.jsonl")
            _check_own_events(stream, own, verdict)
            _check_procedures(files, stream, own, verdict)
            notes = [*kept, *([files[STAMPED].decode()] if STAMP in files else [])]
            _check_tree(json.loads(files["proof.json"]), stream, events, own, verdict, key=key, kept=notes)
        if STAMP in files:
            _check_stamp(files, verdict)
    except NotAPackage:
        raise
    except (KeyError, ValueError, TypeError, AttributeError, IndexError) as error:
        raise NotAPackage(f"not an audit package ({type(error).__name__}: {error})") from error
    return verdict


# -- the chain ----------------------------------------------------------------------------------------------------


def _check_chain(stream: Event, events: Sequence[Event], values: Any, verdict: Verdict) -> None:
    company, label = stream["company"], stream["case"]
    seq, previous = 0, sha256(FORMAT, company, label)
    for event in events:
        problem = _broken(event, seq, previous, company=company, label=label, values=values)
        if problem:
            verdict.problems.append(problem)
            return
        seq, previous = event["seq"], event["hash"]
    if stream["head"] != ({"seq": seq, "hash": previous} if events else None):
        verdict.problems.append(Problem(seq, "head", "the last event is not the head that the package names"))
    stray = [int(of) for of in values if not 0 < int(of) <= seq]
    if stray:
        verdict.problems.append(Problem(min(stray), "value", "a value is kept for an event that does not exist"))
    verdict.facts.append(f"{label}: {len(events)} events, each follows the one before")


def _broken(event: Event, seq: int, previous: str, *, company: str, label: str, values: Any) -> Problem | None:
    if event["seq"] != seq + 1:
        return Problem(event["seq"], "gap", f"expected event {seq + 1}, found {event['seq']}")
    if event["previous"] != previous:
        return Problem(event["seq"], "previous", f"event {event['seq']} does not follow event {seq}")
    if event["hash"] != _hash(company, label, event) or not isinstance(json.loads(event["body"]), dict):
        return Problem(event["seq"], "hash", f"event {event['seq']} was changed after it was written")
    seals = dict(_seals(json.loads(event["body"])))
    for name, (salt, value) in values.get(str(event["seq"]), {}).items():
        if seals.get(name) != sha256(salt, canonical(value)):
            return Problem(event["seq"], "value", f"event {event['seq']}: the kept value of {name} is another one")
    return None


def _hash(company: str, label: str, event: Event) -> str:
    return sha256(FORMAT, company, label, *(str(event[name]) for name in NAMES))


def _seals(body: Any) -> list[tuple[str, str]]:
    """Name and seal of every personal value."""
    if isinstance(body, list):
        return [seal for part in body for seal in _seals(part)]
    if not isinstance(body, dict):
        return []
    if "$sealed" in body:
        return [(body["$name"], body["$sealed"])]
    return [seal for part in body.values() for seal in _seals(part)]


# -- files, letters and procedures --------------------------------------------------------------------------------


def _check_contents(files: Files, values: Any, verdict: Verdict) -> None:
    """Files and letters are those whose hashes the history has; erased ones may be absent."""
    recorded = {
        value for found in values.values() for name, (_, value) in found.items() if name.rpartition(".")[0] == "sha256"
    }
    there = {name for name in files if name.startswith(("files/", "letters/"))}
    for name in sorted(there):
        if hashlib.sha256(files[name]).hexdigest() not in recorded:
            verdict.problems.append(Problem(0, "file", f"{name} is not one that the history recorded"))
    missing = recorded - {hashlib.sha256(files[name]).hexdigest() for name in there}
    if missing:
        verdict.problems.append(Problem(0, "file", f"{len(missing)} recorded files or letters are missing"))
    if there:
        verdict.facts.append(f"{len(there)} files and letters are those that were recorded")


def _check_papers(files: Files, events: Sequence[Event], values: Any, verdict: Verdict) -> None:
    """What was written for people is what was written when the package was taken, its last ``export_case``."""
    taken = [event for event in events if event["action"] == "export_case"]
    papers = json.loads(taken[-1]["body"]).get("papers", {}) if taken else {}
    for name in sorted({*papers, *PAPERS.intersection(files)}):
        seq = taken[-1]["seq"] if taken else 0
        kept = values.get(str(seq), {}).get(papers.get(name, {}).get("$name"))
        if kept is None and name in papers:
            verdict.facts.append(f"{name} cannot be judged: what was recorded of it was erased")
        elif kept is None or name not in files or hashlib.sha256(files[name]).hexdigest() != kept[1]:
            verdict.problems.append(Problem(seq, "paper", f"{name} is not the one that was written"))
        else:
            verdict.facts.append(f"{name} is the one that was written, event {seq}")
    if "verdicts.json" in files:
        _check_verdicts(json.loads(files["verdicts.json"]), len(events), verdict)


def _check_verdicts(said: Any, events: int, verdict: Verdict) -> None:
    """Every verdict names an event that the package has, or none."""
    stray = [each for each in [*said["clauses"], *said["interventions"]] if not 0 <= each["event"] <= events]
    if stray:
        message = f"a verdict names event {stray[0]['event']}, which there is not"
        verdict.problems.append(Problem(stray[0]["event"], "paper", message))
    counts = Counter(each["verdict"] for each in said["clauses"])
    verdict.facts.append("clauses: " + ", ".join(f"{number} {word}" for word, number in sorted(counts.items())))


def _check_own_events(stream: Event, own: Sequence[Event], verdict: Verdict) -> None:
    for event in own:
        if event["hash"] != _hash(stream["company"], "", event):
            message = f"event {event['seq']} of the company was changed after it was written"
            verdict.problems.append(Problem(0, "hash", message))


def _check_procedures(files: Files, stream: Event, own: Sequence[Event], verdict: Verdict) -> None:
    """The files of each procedure are those that were put into service."""
    digests = {event["seq"]: json.loads(event["body"]).get("digest") for event in own}
    for used in stream["procedures"]:
        folder = used["folder"]
        content = {name[len(folder) :]: files[name] for name in files if name.startswith(folder)}
        if digests.get(used["deployed"]) != _digest(content):
            verdict.problems.append(Problem(0, "procedure", f"{folder} is not what was put into service"))
        else:
            verdict.facts.append(f"{folder} is version {used['version']} as it was put into service")


def _digest(files: Files) -> str:
    total = hashlib.sha256()
    for path, content in sorted(files.items()):
        total.update(f"{path}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()


# -- the tree -----------------------------------------------------------------------------------------------------


def _check_tree(
    proof: Any, stream: Event, events: Sequence[Event], own: Sequence[Event], verdict: Verdict, *, key: str, kept: Any
) -> None:
    given = key or proof["key"]
    signed = _signed(proof["note"], given)
    if signed is None or signed[0] != "shouwen/" + stream["company"]:
        verdict.problems.append(Problem(0, "signature", f"the checkpoint is not signed by {given}"))
        return
    _, size, root, at = signed
    where = "" if key else " (a key from the package itself: compare it with one that you were given)"
    verdict.facts.append(f"checkpoint of {at} over {size} events, signed by {given}{where}")
    for name, hashes in (("events", events), ("company", own)):
        _check_inclusion(
            name, {event["seq"]: event["hash"] for event in hashes}, proof[name], verdict, size=size, root=root
        )
    _check_kept(proof, kept, verdict, key=given, size=size, root=root)


def _check_inclusion(name: str, hashes: Any, leaves: Any, verdict: Verdict, *, size: int, root: bytes) -> None:
    proven = set()
    for seq, position, path in leaves:
        leaf = hashlib.sha256(b"\0" + bytes.fromhex(hashes[seq])).digest() if seq in hashes else b""
        if root_by_inclusion(leaf, position, size, [bytes.fromhex(each) for each in path]) != root:
            verdict.problems.append(Problem(seq, "tree", f"event {seq} is not in the tree that was signed"))
            return
        proven.add(seq)
    if name == "events":
        verdict.facts.append(f"{len(proven)} of {len(hashes)} events are in the tree that was signed")
    unproven = [seq for seq in hashes if seq not in proven and seq < max(proven, default=0)]
    if unproven or not proven:  # what came after the checkpoint has no proof yet
        seq = min(unproven, default=0)
        verdict.problems.append(Problem(seq, "tree", f"there is no proof for event {seq}"))


def _check_kept(proof: Any, kept: Sequence[str], verdict: Verdict, *, key: str, size: int, root: bytes) -> None:
    """The history goes on from the checkpoints that were kept elsewhere."""
    paths = {each["size"]: [bytes.fromhex(part) for part in each["path"]] for each in proof["since"]}
    for note in kept:
        before = _signed(note, key)
        if before is None:
            verdict.problems.append(Problem(0, "signature", f"the checkpoint that you kept is not signed by {key}"))
            continue
        _, old, old_root, at = before
        if old != size and old not in paths:
            message = f"no proof from your checkpoint of {at}; ask for a package that is written --since it"
            verdict.problems.append(Problem(0, "since", message))
        elif not is_consistent(old_root, old, root, size, paths.get(old, [])):
            message = f"the history does not go on from your checkpoint of {at}: it was changed or set back"
            verdict.problems.append(Problem(0, "since", message))
        else:
            verdict.facts.append(f"the history goes on from your checkpoint of {at}, event {old} of {size}")


def root_by_inclusion(found: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """RFC 9162, 2.1.3.2."""
    last = size - 1
    if not 0 <= index <= last:
        return None
    for sibling in path:
        if last == 0:
            return None
        if index % 2 or index == last:
            found = node(sibling, found)
            while index and not index % 2:
                index, last = index // 2, last // 2
        else:
            found = node(found, sibling)
        index, last = index // 2, last // 2
    return None if last else found


def is_consistent(old_root: bytes, old: int, root: bytes, size: int, path: Sequence[bytes]) -> bool:
    """RFC 9162, 2.1.4.2."""
    if not 0 < old <= size:
        return False
    if old == size:
        return not path and old_root == root
    hashes = list(path) if old & (old - 1) else [old_root, *path]
    if not hashes:
        return False
    index, last = old - 1, size - 1
    while index % 2:
        index, last = index // 2, last // 2
    was = now = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if index % 2 or index == last:
            was, now = node(sibling, was), node(sibling, now)
            while index and not index % 2:
                index, last = index // 2, last // 2
        else:
            now = node(now, sibling)
        index, last = index // 2, last // 2
    return last == 0 and was == old_root and now == root


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def _signed(note: str, key: str) -> tuple[str, int, bytes, str] | None:
    """Origin, size, root and time of *note*; None unless *key* signed it."""
    try:
        key_name, number, content = key.strip().split("+", 2)
        public = base64.b64decode(content)
    except ValueError as error:
        raise NotAPackage(f"not a public key such as shouwen/COMPANY+12345678+…: {key[:60]}") from error
    try:
        text, signature_line = note.split("\n\n")
        text += "\n"
        origin, size, root, at, _ = text.split("\n")
        name, signature = signature_line.rstrip("\n")[2:].split(" ")
        signed = base64.b64decode(signature)
    except ValueError as error:
        raise NotAPackage("not a checkpoint as Shouwen signs it: " + note[:40].replace("\n", " ")) from error
    expected = hashlib.sha256(key_name.encode() + b"\n" + public).digest()[:4]
    if not (name == origin == key_name and expected.hex() == number and expected == signed[:4]):
        return None
    if signature != base64.b64encode(signed).decode():  # its last bits say nothing, and may be others
        return None
    if not is_signature(public[1:], text.encode(), signed[4:]):
        return None
    return origin, int(size), base64.b64decode(root), at


# -- time stamps (RFC 3161) ---------------------------------------------------------------------------------------

STAMP = "stamp/checkpoint.tsr"
STAMPED = "stamp/checkpoint.txt"
_TST_INFO = bytes.fromhex("060b2a864886f70d0109100104")  # id-ct-TSTInfo


def stamped(answer: bytes, note: str) -> datetime:
    """When an authority says that it saw *note*. Raises ValueError where *answer* is no stamp over its SHA-256.

    That the authority is one you trust is not looked at: that needs its certificate, see `_check_stamp`.
    """
    try:
        at = answer.index(_TST_INFO) + len(_TST_INFO)
        inside = der(answer, der(answer, der(answer, at)[1])[1])[1]  # [0], octets, TSTInfo
        version = der(answer, inside)
        policy = der(answer, version[2])
        imprint = der(answer, policy[2])
        algorithm = der(answer, imprint[1])
        digest = der(answer, algorithm[2])
        serial = der(answer, imprint[2])
        _, start, end = der(answer, serial[2])
        said = answer[start:end].decode("ascii")
        moment = datetime.strptime(said[:14] + "Z", "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    except (ValueError, IndexError) as error:
        raise ValueError("not a time stamp of RFC 3161") from error
    if answer[digest[1] : digest[2]] != hashlib.sha256(note.encode()).digest():
        raise ValueError("a time stamp of something else")
    return moment


def der(content: bytes, at: int) -> tuple[int, int, int]:
    """Tag, beginning and end of what stands at *at*."""
    tag, length, start = content[at], content[at + 1], at + 2
    if length > 127:  # noqa: PLR2004
        start, length = start + length - 128, int.from_bytes(content[start : start + length - 128], "big")
    if start + length > len(content):
        raise ValueError("cut off")
    return tag, start, start + length


def _check_stamp(files: Files, verdict: Verdict) -> None:
    try:
        at = stamped(files[STAMP], files[STAMPED].decode())
    except ValueError as error:
        verdict.problems.append(Problem(0, "stamp", f"{STAMP}: {error}"))
        return
    verdict.facts.append(
        f"stamped by an authority at {at:%Y-%m-%dT%H:%M:%SZ}; with its certificate you check that it was it: "
        f"openssl ts -verify -data {STAMPED} -in {STAMP} -CAfile CERTIFICATE.pem"
    )


# -- Ed25519, checking only (RFC 8032, 5.1.7) ---------------------------------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
Point = tuple[int, int, int, int]


def is_signature(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the owner of *public* signed *message*."""
    key, commitment = _point(public), _point(signature[:32])
    factor = int.from_bytes(signature[32:], "little")
    if len(public) != 32 or len(signature) != 64 or key is None or commitment is None or factor >= ORDER:  # noqa: PLR2004
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    challenge = int.from_bytes(digest, "little") % ORDER
    left, right = _times(factor, BASE), _add(commitment, _times(challenge, key))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


def _point(encoded: bytes) -> Point | None:
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    x = _x_of(y, sign) if y < P else None
    return None if x is None else (x, y, 1, x * y % P)


def _x_of(y: int, sign: int) -> int | None:
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    return P - x if x % 2 != sign else x


def _add(a: Point, b: Point) -> Point:
    e, f = (a[1] - a[0]) * (b[1] - b[0]), (a[1] + a[0]) * (b[1] + b[0])
    g, h = 2 * a[3] * b[3] * D, 2 * a[2] * b[2]
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(factor: int, point: Point) -> Point:
    total = (0, 1, 1, 0)
    while factor:
        if factor % 2:
            total = _add(total, point)
        point = _add(point, point)
        factor //= 2
    return total


_BASE_Y = 4 * pow(5, P - 2, P) % P
_BASE_X = _x_of(_BASE_Y, 0) or 0
BASE = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % P)


# -- reading ------------------------------------------------------------------------------------------------------


def sha256(*lines: str) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _events(files: Files, name: str) -> list[Event]:
    return [json.loads(line) for line in files[name].splitlines()]


def unpacked(content: bytes) -> Files:
    """The files of a zip. Raises NotAPackage."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(info.file_size for info in archive.infolist()) > LARGEST:
                raise NotAPackage("too large")
            return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
    except zipfile.BadZipFile as error:
        raise NotAPackage(f"not a zip file ({error})") from error


def _in_folder(folder: Path) -> Files:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Check what the command line names."""
    parser = argparse.ArgumentParser(description="Check an audit package without network and database.")
    parser.add_argument("package", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--key", default="", help="public key that you were given")
    parser.add_argument("--checkpoint", type=Path, action="append", default=[], help="checkpoint that you kept")
    given = parser.parse_args(arguments)
    kept = [path.read_text("utf-8") for path in given.checkpoint]
    try:
        path = given.package
        files = _in_folder(path) if path.is_dir() else unpacked(path.read_bytes())
        verdict = (check_sample if "sample.json" in files else check)(files, given.key, kept)
    except NotAPackage as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    for fact in verdict.facts:
        print(fact)  # noqa: T201
    for problem in verdict.problems:
        print("WRONG:", problem.message)  # noqa: T201
    print("NOT WHOLE" if verdict.problems else "WHOLE")  # noqa: T201
    return 1 if verdict.problems else 0


if __name__ == "__main__":
    sys.exit(main())
