"""Writing audit packages: the papers are set, the taking is an event, everything is signed, and then it is packed."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from engine.commands.cases import record_export
from engine.commands.site import Site
from engine.complaints import Actor
from engine.errors import NotPermitted
from engine.history.export import CaseRecord, checker, export_case, package_of, sample_json
from engine.queries.audits import KeptSample
from engine.queries.case_record import case_record
from engine.queries.cases import case_by_number, readable
from engine.worker import checkpoint
from webapp.case_record import VERDICTS, papers_of, told
from webapp.sample_paper import sample_paper


def papers_taken(site: Site, actor: Actor, number: str, *, language: str = "") -> Mapping[str, bytes]:
    """The record and the verdicts of a case as *actor* takes them, by file name.

    Raises NotFound, PaperUnavailable, and NotPermitted where something of the case is kept from *actor*.
    """
    with site.database.reading(actor.company_id) as connection:
        case = readable(connection, actor, case_by_number(connection, site.deployments, actor.company_id, number))
        if case.veil:  # what is hashed cannot be covered
            raise NotPermitted("export_case", "confidential")
        tale = told(connection, site.deployments, actor, case, now=site.now(actor.company_id))
    papers = papers_of(tale, by=actor.name, language=language or tale.company.language)
    with site.acting(actor) as context:
        record_export(context, case.id, {name: hashlib.sha256(paper).hexdigest() for name, paper in papers.items()})
    return papers


def audit_package(site: Site, actor: Actor, number: str, *, since: Sequence[str] = (), language: str = "") -> bytes:
    """The audit package of a case as *actor* takes it; *since* are checkpoints that its reader has.

    The record inside is in *language*, "" = the company's. Raises NotFound, HistoryForked when the history is not the
    one that was signed, PaperUnavailable, and NotPermitted where something of the case is kept from *actor*.
    """
    papers = papers_taken(site, actor, number, language=language)
    return export_case(_record(site, actor, number, papers, since=since))


def sample_package(site: Site, actor: Actor, sample: KeptSample, *, language: str = "") -> Iterator[bytes]:
    """The packages of all cases of a sample in one zip, with the working paper; piece by piece, a case at a time.

    Each case's package is taken as `audit_package` takes it; cases of which something is kept from *actor* are left
    out by name. Raises PaperUnavailable.
    """
    pipe = _Pipe()
    done = []
    withheld = _withheld(site, actor, sample.drawn)
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in [each for each in sample.drawn if each not in withheld]:
            papers = papers_taken(site, actor, number, language=language)
            for path, content in package_of(_record(site, actor, number, papers)).items():
                archive.writestr(f"cases/{number}/{path}", content)
            done.append((number, orjson.loads(papers[VERDICTS])))
            yield pipe.taken()
        archive.writestr("index.pdf", sample_paper(site, actor, sample, done, language=language))
        archive.writestr("sample.json", sample_json(sample, withheld))
        archive.writestr("check.py", checker())
    yield pipe.taken()


def _withheld(site: Site, actor: Actor, numbers: Iterable[str]) -> list[str]:
    """Those of which something is kept from *actor*."""
    found = []
    with site.database.reading(actor.company_id) as connection:
        for number in numbers:
            case = case_by_number(connection, site.deployments, actor.company_id, number)
            try:
                found += [number] if readable(connection, actor, case).veil else []
            except NotPermitted:  # it is about the reader
                found.append(number)
    return found


def _record(
    site: Site, actor: Actor, number: str, papers: Mapping[str, bytes], *, since: Sequence[str] = ()
) -> CaseRecord:
    """What is known of the case, after everything was signed."""
    checkpoint(site, actor.company_id)
    with site.database.reading(actor.company_id) as connection:
        case = case_by_number(connection, site.deployments, actor.company_id, number)
        record = case_record(connection, site.deployments, case, storage=site.storage, since=since)
    return replace(record, contents={**record.contents, **papers})


class _Pipe(io.RawIOBase):
    """Takes what a zip writes and gives it away again, so that no zip stands in memory whole."""

    def __init__(self) -> None:
        super().__init__()
        self._written: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, content: Any, /) -> int:
        self._written.append(bytes(content))
        return len(self._written[-1])

    def taken(self) -> bytes:
        given = b"".join(self._written)
        self._written.clear()
        return given
