"""Finding packages below ``processes/`` and ``forms/`` and taking their files into memory."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.errors import NotFound, PackageRefused
from engine.findings import Finding, Severity
from engine.procedures.words import way_out

#: Files one package may have. The largest of our own has 60.
MAX_FILES: Final = 400
#: Bytes one file may have, and all files of a package together.
MAX_FILE_BYTES: Final = 2_000_000
MAX_TOTAL_BYTES: Final = 20_000_000

#: Names of company and procedure folders.
FOLDER: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}")
#: Where a file may stand inside a deployment.
KNOWN_PATHS: Final = (
    re.compile(r"(company|procedure|clauses)\.toml"),
    re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\.(bpmn|dmn)"),
    re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\.tests\.toml"),
    re.compile(r"texts/(zh-Hans|zh-Hant|en)\.toml"),
    re.compile(r"scenarios/[a-z0-9][a-z0-9_-]{0,99}\.toml"),
    re.compile(r"forms/[a-z][a-z0-9_-]{0,59}\.yaml"),
    re.compile(r"forms/common/[a-z][a-z0-9_]{0,63}\.yaml"),
    re.compile(r"forms/company/[a-z][a-z0-9_]{0,63}\.yaml"),
    re.compile(r"forms/kept/[a-z][a-z0-9_]{0,63}\.yaml"),
)


@dataclass(frozen=True, slots=True, order=True)
class PackageRef:
    """Names one procedure of one company by its folders."""

    company: str
    procedure: str

    def __str__(self) -> str:
        return f"{self.company}/{self.procedure}"


def find_packages(processes: Path) -> list[PackageRef]:
    """Every folder ``<company>/<procedure>`` that holds a procedure.toml, sorted by name."""
    found = (path.parent for path in processes.glob("*/*/procedure.toml"))
    return sorted(PackageRef(folder.parent.name, folder.name) for folder in found)


def collect_files(processes: Path, forms: Path, ref: PackageRef) -> dict[str, bytes]:
    """All files of one procedure by their path inside a deployment, e.g. ``"forms/intake.yaml"``, sorted.

    Option lists of all companies are under ``forms/common/``, those of the company under ``forms/company/``. Hidden
    files and ``*.md`` notes are left out. Raises NotFound when there is no such procedure, PackageRefused when a file
    is too large or leads out of its folder, or when there are too many.
    """
    company = processes / ref.company
    if not (company / ref.procedure / "procedure.toml").is_file():
        raise NotFound("procedure", f"{ref}{way_out(str(ref), map(str, find_packages(processes)))}")
    sources = [
        ("", company, [company / "company.toml"]),
        ("", company / ref.procedure, (company / ref.procedure).rglob("*")),
        ("forms/", forms / ref.company / ref.procedure, (forms / ref.company / ref.procedure).rglob("*")),
        ("forms/company/", forms / ref.company / "common", (forms / ref.company / "common").rglob("*")),
        ("forms/common/", forms / "common", (forms / "common").rglob("*")),
    ]
    files: dict[str, bytes] = {}
    for prefix, folder, paths in sources:
        for path in paths:
            if path.is_file() and not _is_note(path.relative_to(folder)):
                inside = prefix + path.relative_to(folder).as_posix()
                files[inside] = _content(path, folder, inside)
                if len(files) > MAX_FILES:
                    raise PackageRefused([_too_many(len(files))])
    return dict(sorted(files.items()))


def check_sizes(files: Mapping[str, bytes]) -> Iterator[Finding]:
    """What makes *files* too much to read at all."""
    if len(files) > MAX_FILES:
        yield _too_many(len(files))
    if (total := sum(map(len, files.values()))) > MAX_TOTAL_BYTES:
        message = f"expected a package of at most {MAX_TOTAL_BYTES} bytes, found {total}; remove what is not needed"
        yield Finding("package-too-large", Severity.ERROR, message, "")
    for path, content in files.items():
        if len(content) > MAX_FILE_BYTES:
            yield _too_large(path, len(content))


def is_known(path: str) -> bool:
    """Whether a file may stand at *path* inside a deployment."""
    return any(known.fullmatch(path) for known in KNOWN_PATHS)


def check_paths(files: Mapping[str, bytes]) -> Iterator[Finding]:
    """Files in places where nothing reads them."""
    for path in files:
        if not is_known(path):
            message = (
                f"expected only the files of a procedure package, found {path[:200]!r}; "
                "see docs/procedure-packages.md for the folders; file names are lower-case"
            )
            yield Finding("file-unknown", Severity.ERROR, message, path[:200])


def _is_note(path: Path) -> bool:
    return path.suffix == ".md" or any(part.startswith(".") for part in path.parts)


def _content(path: Path, folder: Path, inside: str) -> bytes:
    if path.is_symlink() or not path.resolve().is_relative_to(folder.resolve()):
        message = f"expected {inside} to be a file of the package itself, found a link; copy the file instead"
        raise PackageRefused([Finding("file-is-link", Severity.ERROR, message, inside)])
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise PackageRefused([_too_large(inside, size)])
    return path.read_bytes()


def _too_large(path: str, size: int) -> Finding:
    message = f"expected {path[:200]} to have at most {MAX_FILE_BYTES} bytes, found {size}"
    return Finding("file-too-large", Severity.ERROR, message, path[:200])


def _too_many(count: int) -> Finding:
    message = f"expected at most {MAX_FILES} files in a package, found {count} or more; remove what is not needed"
    return Finding("package-too-large", Severity.ERROR, message, "")
