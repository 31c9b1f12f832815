"""A case on the company's own printed forms: which papers there are, and what stands on each.

`Sheet` is what both kinds of file are made of: `sheet.html` for PDF, `webapp.word_files` for docx.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from engine.forms import Form, describe, readable
from engine.forms.model import AnsweredField, BaseField, RowsField, SectionField, ShowField
from engine.procedures.package import Package, PrintedRecord
from engine.queries.cases import Case, CaseLetter
from engine.queries.timeline import Moment
from engine.text import Text, in_language
from webapp.case_view import who
from webapp.letter_check import LetterCheck
from webapp.presentation import full_instant
from webapp.shell import current_translator, reader

#: The paper on which everything stands that was written into a case's forms.
WHOLE: Final = "case"
#: Fields up to this width stand beside another one.
_HALF: Final = 6


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One line of a printed form: one answer or two beside each other, a heading, or a table."""

    pairs: tuple[tuple[str, str], ...] = ()  #: label and value
    heading: str = ""
    table_head: tuple[str, ...] = ()
    table_rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class SheetPart:
    """What one form said, and who wrote it."""

    title: str
    rows: tuple[SheetRow, ...]
    written: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A printed form, filled in."""

    language: str
    company: str
    title: str
    form: str  #: how the company calls it, "" = it has no number
    number: str  #: of the case
    facts: tuple[tuple[str, str], ...]
    parts: tuple[SheetPart, ...]
    signatures: tuple[str, ...]
    copies: tuple[str, ...]
    seal: bool
    made: str


@dataclass(frozen=True, slots=True)
class LetterSheet:
    """A letter on the company's paper."""

    language: str
    company: str
    number: str
    subject: str
    body: str
    date: str
    made: str
    check: LetterCheck
    withdrawn: str = ""  #: since when it does not hold any more, "" = it does


def records_of(package: Package) -> Mapping[str, PrintedRecord]:
    """Every printed form of a procedure: those it declares, one for each of its forms, and one for the whole case."""
    public = package.start.public_form
    own = [form for form in package.forms.values() if form.id != public or form.id == package.start.form]
    whole: Text = {"zh-Hans": "投诉处理记录", "zh-Hant": "投訴處理記錄", "en": "Record of the case"}
    return {
        WHOLE: PrintedRecord(WHOLE, whole),
        **{form.id: PrintedRecord(form.id, form.title, forms=(form.id,)) for form in own},
        **package.records,
    }


def papers_of(case: Case, found: Sequence[Moment]) -> list[PrintedRecord]:
    """The printed forms on which something of *case* stands already: what the company declares, the whole, the rest.

    A form that a declared paper prints by itself has no second one.
    """
    package = case.deployment.package
    written = {form.id for form, _ in _submissions(case, found)}
    papers = [each for each in records_of(package).values() if not each.forms or not written.isdisjoint(each.forms)]
    declared = [each for each in papers if each.id in package.records]
    printed = {each.forms for each in declared}
    rest = [each for each in papers if each.id not in package.records and each.forms not in printed]
    return [*declared, *rest] if written else []


def sheet_of(
    case: Case, record: PrintedRecord, found: Sequence[Moment], names: Mapping[str, Text], *, now: datetime
) -> Sheet:
    """*record*, filled in from what the case's history says."""
    gettext = current_translator().gettext
    package, look = case.deployment.package, reader(case.deployment.time_zone)
    language = package.company.language
    submitted = [
        (form, moment) for form, moment in _submissions(case, found) if not record.forms or form.id in record.forms
    ]
    if record.forms:
        submitted.sort(key=lambda each: record.forms.index(each[0].id))
    facts = (
        (gettext("Number"), case.number),
        (gettext("Received"), full_instant(case.received_at, reader=look)),
        (gettext("Procedure"), in_language(package.title, language)),
        (gettext("Regulation"), package.regulation.get("title", "")),
    )
    return Sheet(
        language=language,
        company=in_language(package.company.name, language),
        title=in_language(record.title, language),
        form=record.form,
        number=case.number,
        facts=facts,
        parts=tuple(_part(case, form, moment, names, language) for form, moment in submitted),
        signatures=tuple(in_language(name, language) for name in record.signatures)
        or (gettext("Handled by"), gettext("Checked by"), gettext("Approved by")),
        copies=tuple(in_language(name, language) for name in record.copies),
        seal=record.seal,
        made=gettext("Printed %(at)s") % {"at": full_instant(now, reader=look)},
    )


def letter_sheet(case: Case, letter: CaseLetter, *, check: LetterCheck, now: datetime) -> LetterSheet:
    """*letter* on the company's paper; *check* is how its readers find out that it is genuine."""
    company, look = case.deployment.package.company, reader(case.deployment.time_zone)
    return LetterSheet(
        language=letter.language,
        company=in_language(company.name, letter.language),
        number=case.number,
        subject=letter.subject,
        body=letter.body.strip(),
        date=full_instant(letter.written_at, reader=look)[:10],
        made=current_translator().gettext("Printed %(at)s") % {"at": full_instant(now, reader=look)},
        check=check,
        withdrawn=full_instant(letter.withdrawn_at, reader=look)[:10] if letter.withdrawn_at else "",
    )


def _submissions(case: Case, found: Sequence[Moment]) -> list[tuple[Form, Moment]]:
    """Every form that was sent, in order, with the event."""
    package = case.deployment.package
    forms = {task.key: task.form for task in case.tasks}
    sent = []
    for moment in found:
        name = package.start.form if moment.action == "start_case" else forms.get(moment.subject, "")
        form = package.forms.get(name)
        if form is not None and moment.answers and moment.action in {"start_case", "complete_task", "sign_task"}:
            sent.append((form, moment))
    return sent


def _part(case: Case, form: Form, moment: Moment, names: Mapping[str, Text], language: str) -> SheetPart:
    look = reader(case.deployment.time_zone)
    return SheetPart(
        title=in_language(form.title, language),
        rows=tuple(_rows(case, form, moment.answers, language)),
        written=f"{who(moment.actor, names)} · {full_instant(moment.at, reader=look)}",
    )


def _rows(case: Case, form: Form, answers: Mapping[str, Any], language: str) -> Iterator[SheetRow]:
    """The lines of a form as it was asked: narrow answers two by two, empty ones with room to write."""
    beside: list[tuple[str, str]] = []
    for field in form.fields:
        pair = None if isinstance(field, RowsField | SectionField) else _pair(case, field, answers, language)
        if pair is not None and field.width <= _HALF:
            beside.append(pair)
            if len(beside) == 2:  # noqa: PLR2004 -- two beside each other
                yield SheetRow(pairs=tuple(beside))
                beside = []
            continue
        wide = [SheetRow(pairs=(pair,))] if pair is not None else _wide(case, field, answers, language)
        if wide and beside:
            yield SheetRow(pairs=tuple(beside))
            beside = []
        yield from wide
    if beside:
        yield SheetRow(pairs=tuple(beside))


def _pair(case: Case, field: BaseField, answers: Mapping[str, Any], language: str) -> tuple[str, str] | None:
    """Label and value of *field*; None where it was not asked."""
    lists = case.deployment.lists
    label = in_language(field.label, language)
    if isinstance(field, ShowField):
        value = case.data.get(field.data or field.id)
        return (label, readable(field, value, language, lists=lists)) if value not in (None, "", []) else None
    if not isinstance(field, AnsweredField) or (field.id not in answers and field.show_if is not None):
        return None
    return label, readable(field, answers.get(field.id), language, lists=lists)


def _wide(case: Case, field: BaseField, answers: Mapping[str, Any], language: str) -> list[SheetRow]:
    label = in_language(field.label, language)
    if isinstance(field, SectionField):
        return [SheetRow(heading=label)]
    if not isinstance(field, RowsField) or field.id not in answers:
        return []
    columns = {item.id: in_language(item.label, language) for item in field.fields}
    form = Form.model_construct(fields=(field,))
    lines = describe(form, answers, language, lists=case.deployment.lists)[0].rows
    cells = [{line.field.rpartition(".")[2]: line.value for line in row} for row in lines]
    rows = tuple(tuple(row.get(name, "") for name in columns) for row in cells)
    return [SheetRow(heading=label), SheetRow(table_head=tuple(columns.values()), table_rows=rows)]
