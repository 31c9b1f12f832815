"""``verify`` and ``checkpoint``: the histories of whole companies, and what is signed about them."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from engine.commands.checkpoints import go_on_after_restore
from engine.commands.notes import note
from engine.commands.site import Site, signing_seed
from engine.complaints import Actor
from engine.history.checkpoint import origin_of, public_key, unchecked
from engine.history.kept_notes import kept_notes, set_aside
from engine.history.side_by_side import in_processes
from engine.history.whole import Report, verify_company
from engine.worker import checkpoint, notes_folder, stamp
from webapp.cli.site import known_companies, opened


def add_parsers(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verify = verbs.add_parser("verify", help="check the whole history of the database")
    verify.add_argument("--company", help="only this one")
    verify.add_argument(
        "--against", type=Path, action="append", default=[], metavar="FILE", help="a checkpoint kept elsewhere"
    )
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    verify.add_argument(
        "--processes", type=int, default=cores, metavar="N", help="that share a long history; %(default)s"
    )
    verify.set_defaults(run=_verify)
    sign = verbs.add_parser("checkpoint", help="sign the history as it is now, and print the note")
    sign.add_argument("company", nargs="?", help="only this one")
    sign.add_argument("--to", type=Path, metavar="FOLDER", help="write COMPANY.checkpoint there instead")
    sign.add_argument("--key", action="store_true", help="print the public keys instead")
    sign.add_argument(
        "--stamp", action="store_true", help="have the authority of SHOUWEN_TIMESTAMP_URL stamp it, and print its time"
    )
    sign.add_argument(
        "--after-restore", metavar="REASON", help="go on although an older copy of the database was restored"
    )
    sign.set_defaults(run=_checkpoint)


def _verify(given: argparse.Namespace) -> int:
    elsewhere = [(path, path.read_text("utf-8")) for path in given.against]
    total = Report()
    with opened() as site:
        wanted = known_companies(site, given.company)
        _refuse_strange(elsewhere, wanted)
        for company_id in wanted:
            origin = origin_of(company_id)
            notes = [text for _, text in elsewhere if unchecked(text).origin == origin]
            report = _verified(site, company_id, [*kept_notes(notes_folder(site, company_id)), *notes], given.processes)
            for wrong in report.wrong:
                print(f"{company_id} {wrong.label or 'company'}: {wrong.message}", file=sys.stderr)
            total.streams += report.streams
            total.events += report.events
            total.in_tree += report.in_tree
            total.checkpoints += report.checkpoints
            total.wrong += report.wrong
        if not given.company and not total.wrong:
            note(site.database, "last_verification", {"events": total.events}, now=site.clock())
    print(
        f"{total.streams} streams, {total.events} events verified, {total.in_tree} in trees, "
        f"{total.checkpoints} checkpoints, {len(total.wrong)} broken"
    )
    return 1 if total.wrong else 0


def _refuse_strange(notes: Sequence[tuple[Path, str]], companies: Sequence[str]) -> None:
    """A checkpoint that nothing is compared with would look like one that agrees."""
    known = {origin_of(company_id): company_id for company_id in companies}
    for path, text in notes:
        if (origin := unchecked(text).origin) not in known:
            raise ValueError(
                f"expected {path} to be a checkpoint of {', '.join(companies)}, found one of "
                f"{origin.removeprefix('shouwen/')}: nothing here was compared with it"
            )


def _verified(site: Site, company_id: str, notes: Sequence[str], processes: int = 1) -> Report:
    key = _public_key(site, company_id)
    with site.database.reading(company_id) as connection:
        check_all = in_processes(connection, site.database.url, company_id, processes) if processes > 1 else None
        return verify_company(connection, company_id, key=key, notes=notes, check_all=check_all)


def _checkpoint(given: argparse.Namespace) -> int:
    with opened() as site:
        for company_id in known_companies(site, given.company):
            if given.after_restore:
                _go_on(site, company_id, given.after_restore)
            if given.stamp:
                print(f"{company_id}: stamped at {stamp(site, company_id):%Y-%m-%d %H:%M:%S}Z")
                continue
            signed = checkpoint(site, company_id)
            if given.key:
                print(_public_key(site, company_id))
            elif given.to:
                path = given.to / f"{company_id}.checkpoint"
                path.write_text(signed, "utf-8")
                print(path)
            else:
                print(signed, end="")
    return 0


def _go_on(site: Site, company_id: str, reason: str) -> None:
    """Set aside the notes that know more than the database, and write down that it was set back."""
    folder = notes_folder(site, company_id)
    notes = kept_notes(folder)
    broken = {each.seq for each in _verified(site, company_id, ()).wrong}
    if broken:
        raise ValueError(f"expected the restored history of {company_id} to be whole, found it broken: shouwen verify")
    lost = frozenset(each for each in notes if _verified(site, company_id, [each]).wrong)
    if not lost:
        print(f"{company_id}: nothing is missing")
        return
    with site.acting(Actor.system(company_id)) as context:
        go_on_after_restore(context, reason=reason, lost=max(unchecked(each).size for each in lost))
    set_aside(folder, lost)


def _public_key(site: Site, company_id: str) -> str:
    """The key that signs here, "" before anything was signed."""
    if not (site.settings.var / "history.key").exists():
        return ""
    return public_key(signing_seed(site.settings.keys), origin_of(company_id))
