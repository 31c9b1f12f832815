"""The procedures of all companies as pictures: a page of the demonstration, and the folder ``docs/gallery``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import groupby
from typing import Final

from engine.procedures import Package
from engine.procedures.card import Card, card_of
from engine.procedures.picture import picture
from engine.text import in_language


def main_drawing(package: Package, language: str) -> str:
    """The picture of the diagram that a case begins in, with its names in *language*; "" where none is drawn."""
    wanted = f'id="{package.process}"'.encode()
    file = next((file for file, content in package.diagrams.items() if wanted in content), "")
    return drawing(package, file, language) if file else ""


def drawing(package: Package, file: str, language: str) -> str:
    """The picture of one diagram of the package."""
    names = {element: in_language(name, language) for element, name in package.element_names.items()}
    return picture(package.diagrams[file], file, names)


def by_company(cards: Iterable[Card]) -> Sequence[tuple[Card, Sequence[Card]]]:
    """For each company the procedure with most clauses, and the others."""
    rows = []
    for _, group in groupby(cards, key=lambda card: card.company_id):
        main, *others = sorted(group, key=lambda card: (-card.clauses, card.procedure))
        rows.append((main, others))
    return rows


def written(packages: Iterable[Package], sheets: Collection[str] = ()) -> dict[str, str]:
    """The files of ``docs/gallery``: a picture of each diagram in the company's language, and a page of them all.

    *sheets* are the pictures of filled-in forms that lie there already, which a browser made.
    """
    found = sorted(packages, key=lambda package: (package.company.id, package.id))
    files = {
        f"{package.company.id}/{package.id}.{file.removesuffix('.bpmn')}.svg": drawing(
            package, file, package.company.language
        )
        for package in found
        for file in package.diagrams
    }
    return {path: text for path, text in files.items() if text} | {"README.md": _page(found, sheets)}


def _page(packages: Sequence[Package], sheets: Collection[str]) -> str:
    lines = [_HEAD]
    for package in packages:
        card = card_of(package, 0)
        pictures = ", ".join(
            f"[{name}]({card.company_id}/{card.procedure}.{name}.svg)"
            for name in (file.removesuffix(".bpmn") for file in sorted(package.diagrams))
        )
        sheet = f"{card.company_id}/{card.procedure}.forms.webp"
        forms = f"[{card.forms}]({sheet})" if sheet in sheets else f"{card.forms}"
        company, industry, title = (in_language(text, "en") for text in (card.company_name, card.industry, card.title))
        lines.append(f"| {company} | {industry} | {title} | {card.clauses} | {card.deadlines} | {forms} | {pictures} |")
    return "\n".join([*lines, ""])


_HEAD: Final = """# Gallery

Every procedure that comes with Shouwen, drawn from its own diagram in the company's own words. Made by
`shouwen gallery docs/gallery`; a test keeps it in step with the packages. Where the number of forms
is a link, it leads to the forms of a case filled in on the way from intake to its end, photographed in Chromium by
`python -m tests.browser.walk_every_procedure FOLDER`.

| company | trade | procedure | clauses | time limits | forms | diagrams |
|---|---|---|---:|---:|---:|---|"""
