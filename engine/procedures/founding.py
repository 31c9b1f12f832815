"""A new company that begins with another one's procedures: its company.toml, and what there is to begin with."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

from engine.procedures.company import WEEKDAYS, company_from_file
from engine.procedures.files import find_packages
from engine.procedures.package import Company
from engine.procedures.toml_tables import written_value
from engine.text import Text

_NUMBER: Final = re.compile(r'^case_number = "(?P<letters>[A-Za-z]+)', re.MULTILINE)
_LANGUAGE: Final = re.compile(r"^(?=language\b)", re.MULTILINE)
#: The company's own hours stand in a line of [calendar], or in a table; those of departments stand elsewhere.
_CALENDAR: Final = re.compile(r"^\[calendar\]\n((?:(?!\[).*\n)*)", re.MULTILINE)
_HOURS_LINE: Final = re.compile(r"^hours\s*=.*\n", re.MULTILINE)
_HOURS_TABLE: Final = re.compile(r"^\[calendar\.hours\]\n(?:(?!\[).*\n)*", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Profile:
    """What a new company says of itself."""

    id: str
    name: Text
    letters: str  #: that case numbers begin with
    groups: Mapping[str, str] = field(default_factory=dict)  #: id -> another name than the template's
    hours: Mapping[str, str] | None = None  #: mon … sun -> "09:00-12:00, 13:00-18:00", "" = off; None = the template's
    second_factor: str = ""  #: as company.toml says it


@dataclass(frozen=True, slots=True)
class Template:
    """A company whose procedures another one may begin with."""

    id: str
    name: Text
    language: str
    procedures: tuple[Text, ...]  #: their titles
    regulation: str  #: title of the document of the first one
    company: Company


@lru_cache(maxsize=4)
def templates(processes: Path) -> tuple[Template, ...]:
    """Every company below *processes*, by its id. Read once: what lies there changes with the installed version."""
    found: dict[str, list[Mapping[str, object]]] = {}
    for ref in find_packages(processes):
        procedure = tomllib.loads((processes / ref.company / ref.procedure / "procedure.toml").read_text("utf-8"))
        found.setdefault(ref.company, []).append(procedure)
    return tuple(_template(processes / id_, procedures) for id_, procedures in found.items())


def files_of(template: Mapping[str, bytes], profile: Profile) -> dict[str, bytes]:
    """The files of one procedure for the company of *profile*, which has everything else of the template's.

    The people of company.toml stay, for scenarios name them; nobody gets an account by that.

    Case numbers begin with the company's letters where those of the template begin with its own, as in ``RT-{year}``
    and ``RT-R-{year}``. Raises PackageRefused with what is wrong in company.toml.
    """
    theirs = template["company.toml"].decode()
    number = _NUMBER.search(theirs)
    prefix = number["letters"] if number else ""
    files = {**template, "company.toml": _company_file(theirs, profile).encode()}
    for path in ("company.toml", "procedure.toml"):
        files[path] = _NUMBER.sub(
            lambda found: f'case_number = "{profile.letters}' if found["letters"] == prefix else found[0],
            files[path].decode(),
        ).encode()
    company_from_file(files["company.toml"])
    return files


def _company_file(theirs: str, profile: Profile) -> str:
    """company.toml with the comments it had. Its tables and values stand a line each, as in all that come along."""
    language = company_from_file(theirs.encode()).language
    own = _with_value(theirs, "", "id", profile.id)
    own = _with_value(own, "", "name", profile.name)
    if profile.second_factor:
        line = f"second_factor = {written_value(profile.second_factor)}\n"
        own = _LANGUAGE.sub(lambda _: line, own, count=1)
    for group, name in profile.groups.items():
        own = _with_value(own, f"groups.{group}", "name", {language: name, "en": name})
    if profile.hours is not None:
        spans = {day: [span.strip() for span in profile.hours.get(day, "").split(",")] for day in WEEKDAYS}
        worked = written_value({day: said for day, said in spans.items() if any(said)})
        head = f"[calendar]\nhours = {worked}\n"
        own = _CALENDAR.sub(lambda found: head + _HOURS_LINE.sub("", found[1]), _HOURS_TABLE.sub("", own), count=1)
    return own


def _with_value(text: str, table: str, key: str, value: object) -> str:
    """*text* with another value of *key* in *table*, "" = above all tables."""
    head = rf"^\[{re.escape(table)}\]\n(?:(?!\[).*\n)*?" if table else r"\A(?:(?!\[).*\n)*?"
    line = re.compile(rf"({head}){key}\s*=.*$", re.MULTILINE)
    return line.sub(lambda found: f"{found[1]}{key} = {written_value(value)}", text, count=1)


def _template(folder: Path, procedures: list[Mapping[str, object]]) -> Template:
    company = company_from_file((folder / "company.toml").read_bytes())
    regulation = procedures[0].get("regulation")
    return Template(
        id=folder.name,
        name=company.name,
        language=company.language,
        procedures=tuple(_title(each) for each in procedures),
        regulation=str(regulation.get("title", "")) if isinstance(regulation, Mapping) else "",
        company=company,
    )


def _title(procedure: Mapping[str, object]) -> Text:
    title = procedure.get("title")
    return {str(tag): str(words) for tag, words in title.items()} if isinstance(title, Mapping) else {}
