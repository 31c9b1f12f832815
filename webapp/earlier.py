"""What a step said before it was returned or taken back, beside what it says now, with what is different marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any, Final

from engine.forms import Form, readable
from engine.forms.model import AnsweredField, FilesField
from engine.queries.cases import Case, CaseTask
from engine.queries.timeline import Moment
from engine.text import Text, in_language
from webapp.case_view import who
from webapp.presentation import moment
from webapp.shell import language, reader, words

#: By what a step comes to be done once more.
_BACK: Final = frozenset({"return_task", "take_back_task"})
#: The events by which a step was submitted.
_SUBMITTED: Final = frozenset({"complete_task", "sign_task"})


@dataclass(frozen=True, slots=True)
class ComparedLine:
    """One answer as it was and as it is; "" is an empty one."""

    label: str
    before: str
    after: str
    changed: bool


def compared(case: Case, form: Form, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[ComparedLine]:
    """Every answer of *form* that one of the two has, in the form's order."""
    lists, look = case.deployment.lists, language()
    lines = []
    for field in form.fields:
        if not isinstance(field, AnsweredField) or not (field.id in before or field.id in after):
            continue
        was, is_ = before.get(field.id), after.get(field.id)
        shown, shows = readable(field, was, look, lists=lists), readable(field, is_, look, lists=lists)
        other = shown != shows or (isinstance(field, FilesField) and _ids(was) != _ids(is_))
        if shown or shows:
            lines.append(ComparedLine(in_language(field.label, look), shown, shows, other))
    return lines


def may_have_earlier(case: Case, task: CaseTask) -> bool:
    """Whether it is worth while to read the history: something was done twice, or is done once more."""
    done = [each.element for each in case.tasks if each.status == "completed"]
    return task.element in done or len(done) > len(set(done))


def before_return(
    case: Case,
    task: CaseTask,
    found: Sequence[Moment],
    now_said: Mapping[str, Any],
    names: Mapping[str, Text],
    *,
    now: datetime,
) -> SimpleNamespace | None:
    """What *task* said before it came back, beside *now_said*; None where it did not come back."""
    back = next((each for each in found if each.action in _BACK and each.at == task.opened_at), None)
    form = case.deployment.package.forms.get(task.form)
    if back is None or form is None:
        return None
    version = _submission(found, element=task.element, before=back.seq)
    lines = compared(case, form, version.answers, now_said) if version else []
    return _shown(case, task, back, version=version, lines=lines, names=names, now=now)


def since_return(
    case: Case, task: CaseTask, found: Sequence[Moment], names: Mapping[str, Text], *, now: datetime
) -> SimpleNamespace | None:
    """What the step to which *task* was returned last said then, beside what it says since; None where it was not."""
    back = next((each for each in reversed(found) if each.action == "return_task" and _of(each, task)), None)
    again = next(
        (each for each in case.tasks if back and each.opened_at == back.at and each.status == "completed"), None
    )
    form = case.deployment.package.forms.get(again.form) if again else None
    if back is None or again is None or form is None:
        return None
    version = _submission(found, element=again.element, before=back.seq)
    latest = _submission(found, element=again.element, before=found[-1].seq + 1)
    lines = compared(case, form, version.answers, latest.answers) if version and latest else []
    return _shown(case, again, back, version=version, lines=lines, names=names, now=now)


def changes(case: Case, form: Form, entry: Moment, found: Sequence[Moment]) -> list[ComparedLine]:
    """What is other in the submission *entry* than in the one of the same step before it."""
    version = _submission(found, element=entry.element, before=entry.seq) if entry.action in _SUBMITTED else None
    return [line for line in compared(case, form, version.answers, entry.answers) if line.changed] if version else []


def _of(entry: Moment, task: CaseTask) -> bool:
    return entry.element == task.element and entry.subject != task.key


def _submission(found: Sequence[Moment], *, element: str, before: int) -> Moment | None:
    """The last one of that step before the event of that number."""
    said = (each for each in reversed(found) if each.seq < before and each.action in _SUBMITTED and each.answers)
    return next((each for each in said if each.element == element), None)


def _shown(
    case: Case,
    task: CaseTask,
    back: Moment,
    *,
    version: Moment | None,
    lines: Sequence[ComparedLine],
    names: Mapping[str, Text],
    now: datetime,
) -> SimpleNamespace | None:
    if version is None or not lines:
        return None
    look = reader(case.deployment.time_zone)
    return SimpleNamespace(
        step=words(task.name),
        taken_back=back.action == "take_back_task",
        who=who(back.actor, names),
        reason=back.reason,
        at=moment(back.at, now, reader=look),
        written=who(version.actor, names),
        written_at=moment(version.at, now, reader=look),
        changed=[line for line in lines if line.changed],
        same=[line for line in lines if not line.changed],
    )


def _ids(value: Any) -> list[str]:
    return [str(item["id"]) if isinstance(item, Mapping) and "id" in item else str(item) for item in value or ()]
