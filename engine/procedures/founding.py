"""A new company that begins with another one's procedures: its company.toml, and what there is to begin with."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from engine.procedures.company import company_from_file
from engine.procedures.files import find_packages
from engine.text import Text

_NUMBER: Final = re.compile(r'^case_number = "(?P<letters>[A-Za-z]+)', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Template:
    """A company whose procedures another one may begin with."""

    id: str
    name: Text
    language: str
    procedures: tuple[Text, ...]  #: their titles
    regulation: str  #: title of the document of the first one
    groups: int


@lru_cache(maxsize=4)
def templates(processes: Path) -> tuple[Template, ...]:
    """Every company below *processes*, by its id. Read once: what lies there changes with the installed version."""
    found: dict[str, list[Mapping[str, object]]] = {}
    for ref in find_packages(processes):
        procedure = tomllib.loads((processes / ref.company / ref.procedure / "procedure.toml").read_text("utf-8"))
        found.setdefault(ref.company, []).append(procedure)
    return tuple(_template(processes / id_, procedures) for id_, procedures in found.items())


def files_of(template: Mapping[str, bytes], *, id: str, name: Text, letters: str) -> dict[str, bytes]:  # noqa: A002
    """The files of one procedure for a company *id* that has groups and hours of the template's.

    The people of company.toml stay, for scenarios name them; nobody gets an account by that.

    Case numbers begin with *letters* where those of the template begin with its own, as in ``RT-{year}`` and
    ``RT-R-{year}``. Raises PackageRefused with what is wrong in company.toml.
    """
    profile = template["company.toml"].decode()
    theirs = _NUMBER.search(profile)
    prefix = theirs["letters"] if theirs else ""
    own = re.sub(r"^id\s*=.*$", lambda _: f"id = {json.dumps(id)}", profile, count=1, flags=re.MULTILINE)
    words = ", ".join(f"{tag} = {json.dumps(said, ensure_ascii=False)}" for tag, said in name.items())
    own = re.sub(r"^name\s*=.*$", lambda _: f"name = {{ {words} }}", own, count=1, flags=re.MULTILINE)
    files = {**template, "company.toml": own.encode()}
    for path in ("company.toml", "procedure.toml"):
        files[path] = _NUMBER.sub(
            lambda found: f'case_number = "{letters}' if found["letters"] == prefix else found[0], files[path].decode()
        ).encode()
    company_from_file(files["company.toml"])
    return files


def _template(folder: Path, procedures: list[Mapping[str, object]]) -> Template:
    company = company_from_file((folder / "company.toml").read_bytes())
    regulation = procedures[0].get("regulation")
    return Template(
        id=folder.name,
        name=company.name,
        language=company.language,
        procedures=tuple(_title(each) for each in procedures),
        regulation=str(regulation.get("title", "")) if isinstance(regulation, Mapping) else "",
        groups=len(company.groups),
    )


def _title(procedure: Mapping[str, object]) -> Text:
    title = procedure.get("title")
    return {str(tag): str(words) for tag, words in title.items()} if isinstance(title, Mapping) else {}
