"""What administrators set for the company, all in one place; and how its cases are numbered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.commands.numbers import kept_patterns, pattern_in_force, preview_number, set_numbers
from engine.deployments import Deployment
from engine.errors import AnswersInvalid, FieldError, NotFound, NotPermitted
from webapp.access import actor, for_staff, site
from webapp.shell import company, current_translator, words

blueprint = Blueprint("settings", __name__, url_prefix="/settings")


@blueprint.get("")
@for_staff
def show() -> str:
    _require_administrator("read_settings")
    return render_template("settings.html")


@blueprint.get("/numbers")
@for_staff
def numbers() -> str:
    _require_administrator("set_numbers")
    return _numbers_page()


@blueprint.post("/numbers")
@for_staff
def change_numbers() -> str | tuple[str, int] | Response:
    """Show what the typed patterns would give, and set them when that was seen."""
    _require_administrator("set_numbers")
    deployments, codes = _deployments(), _codes()
    typed = {
        name: request.form.get(f"pattern-{name}", "").strip()[:80]
        for name in ["", *(each.package.id for each in deployments)]
    }
    errors: list[FieldError] = []
    with site().acting(actor()) as context:
        for each in deployments:
            try:
                preview_number(context, each, typed[each.package.id] or typed[""] or _fallback(each), codes)
            except AnswersInvalid as error:
                errors += error.errors
    if errors or "keep" not in request.form:
        page = _numbers_page(typed=typed, codes=codes, errors=errors)
        return (page, 422) if errors else page
    with site().acting(actor()) as context:
        set_numbers(context, "", typed[""], codes)
        for each in deployments:
            set_numbers(context, each.package.id, typed[each.package.id])
    flash(current_translator().gettext("New cases are numbered so. Cases keep the numbers they have."), "ok")
    return redirect(url_for("settings.numbers"), 303)


def _numbers_page(
    *,
    typed: dict[str, str] | None = None,
    codes: dict[str, str] | None = None,
    errors: Sequence[FieldError] = (),
) -> str:
    deployments = _deployments()
    with site().acting(actor()) as context:
        kept = kept_patterns(context.connection, actor().company_id)
        patterns = typed if typed is not None else {name: pattern for name, (pattern, _codes) in kept.items()}
        said = codes if codes is not None else dict(kept.get("", ("", {}))[1])
        wanted: dict[str, tuple[str, Mapping[str, str]]] = {name: (pattern, {}) for name, pattern in patterns.items()}
        rows = [
            SimpleNamespace(
                id=each.package.id,
                title=words(each.package.title),
                pattern=patterns.get(each.package.id, ""),
                package=each.package.case_number,
                next="" if errors else preview_number(context, each, pattern_in_force(each, wanted), said),
            )
            for each in deployments
        ]
    return render_template(
        "numbers.html",
        own=SimpleNamespace(pattern=patterns.get("", ""), package=company().case_number),
        rows=rows,
        codes=[
            (group.id, words(group.name), said.get(group.id, ""))
            for group in company().groups.values()
            if not group.position
        ],
        problem=_problem(errors),
        looked=typed is not None and not errors,
    )


def _deployments() -> tuple[Deployment, ...]:
    with site().database.reading(actor().company_id) as connection:
        found = site().deployments.all_current(connection, actor().company_id)
    if not found:
        raise NotFound("company", actor().company_id)
    return found


def _fallback(deployment: Deployment) -> str:
    return deployment.package.case_number or deployment.package.company.case_number


def _codes() -> dict[str, str]:
    typed = {group: request.form.get(f"code-{group}", "").strip()[:20] for group in company().groups}
    return {group: code for group, code in typed.items() if code}


def _problem(errors: Sequence[FieldError]) -> str:
    gettext = current_translator().gettext
    if any(error.field == "pattern" for error in errors):
        return gettext(
            "A pattern consists of letters, digits and -./_ and says {seq} exactly once, such as RT-{year}-{seq:05}."
        )
    return gettext("A code consists of one to eight letters or digits.") if errors else ""


def _require_administrator(action: str) -> None:
    if not actor().administrator:
        raise NotPermitted(action, "not-an-administrator")
