"""What a letter carries so that whoever has it can ask whether it is genuine: a code to scan, and one to type."""

from __future__ import annotations

import io
from dataclasses import dataclass

import segno
from flask import url_for

from engine.commands.letter_codes import code_of_letter
from engine.complaints import letter_code, letter_hash
from engine.queries.cases import Case, CaseLetter
from webapp.access import actor, site


@dataclass(frozen=True, slots=True)
class LetterCheck:
    """How to check one letter."""

    code: str
    address: str  #: of the page about this letter, which the picture says
    entry: str  #: of the page where codes are typed, short enough for paper

    @property
    def drawing(self) -> str:
        """The code to scan as a data URI."""
        return _qr(self.address).svg_data_uri(scale=4, border=2, dark="#000", light="#fff")

    @property
    def png(self) -> bytes:
        """The same for office programs."""
        file = io.BytesIO()
        _qr(self.address).save(file, kind="png", scale=8, border=2)
        return file.getvalue()


def check_to_print(case: Case, letter: CaseLetter) -> LetterCheck:
    """What to print on *letter* for whoever is signed in; from now on its code is known."""
    code = letter_code(site().secret, actor().company_id, case.number, letter.key)
    if letter.code_hash != letter_hash(code):
        with site().acting(actor()) as context:
            code_of_letter(context, case.id, case.number, letter.key)
    return _check(code)


def check_of(case: Case, letter: CaseLetter) -> LetterCheck | None:
    """How the customer checks *letter*; None where it was written before letters had codes."""
    code = letter_code(site().secret, case.deployment.package.company.id, case.number, letter.key)
    return _check(code) if letter.code_hash == letter_hash(code) else None


def _check(code: str) -> LetterCheck:
    base = site().settings.base_url
    address = f"{base}{url_for('letters.show', code=code)}"
    return LetterCheck(code, address, f"{base}{url_for('letters.index')}")


def _qr(address: str) -> segno.QRCode:
    """Correction of 15 %: paper is folded and copied."""
    return segno.make(address, error="m", micro=False)
