"""Decision tables in the browser: edited, tried, and kept with rows that say what they have to answer."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, url_for

from engine.errors import NotFound
from engine.procedures import read_files
from engine.publishing.decision_tests import tests_file
from webapp.access import actor, for_staff, site
from webapp.pages.drafts import edited
from webapp.security_headers import EDITOR_POLICY
from webapp.shell import current_translator, words

blueprint = Blueprint("decisions", __name__, url_prefix="/workshop/<procedure>/decisions")


@blueprint.get("/<path:file>")
@for_staff
def show(procedure: str, file: str) -> Response:
    kept = edited(procedure)
    if file not in kept.files or not file.endswith(".dmn"):
        raise NotFound("decisions", file[:200])
    with site().database.reading(actor().company_id) as connection:
        current = site().deployments.current(connection, actor().company_id, procedure)
    files = read_files(kept.files).package.decisions
    page = render_template(
        "decisions.html",
        procedure=procedure,
        title=words(current.package.title),
        file=file,
        others=[(name, url_for("decisions.show", procedure=procedure, file=name)) for name in sorted(files)],
        settings={
            "file": url_for("drafts.file", procedure=procedure, file=file),
            "tests": url_for("drafts.file", procedure=procedure, file=tests_file(file)),
            "check": url_for("drafts.check", procedure=procedure),
            "trial": url_for("drafts.try_decision", procedure=procedure, file=file),
            "path": file,
            "words": _words(),
        },
    )
    response = make_response(page)
    response.headers["Content-Security-Policy"] = EDITOR_POLICY
    return response


def _words() -> dict[str, str]:
    """What the page's script says."""
    gettext = current_translator().gettext
    return {
        "saved": gettext("Saved"),
        "saving": gettext("Saving …"),
        "unsaved": gettext("Not saved yet"),
        "failed": gettext("Not saved: no connection. It is tried again."),
        "moved": gettext("%(name)s saved this draft meanwhile. Your changes here are not saved: load the page again."),
        "signed_out": gettext("Not saved: you are signed out. Sign in again in another window; it is tried again."),
        "none": gettext("nothing to correct"),
        "no_input": gettext("This decision asks for nothing."),
        "nothing": gettext("No rule hits."),
        "hits": gettext("Rules that hit: %(numbers)s"),
        "empty": gettext("not said"),
        "passed": gettext("as expected"),
        "differs": gettext("differs"),
        "remove": gettext("Remove"),
        "into_trial": gettext("Try it"),
        "no_rows": gettext("No test rows yet. Try the table and keep what is right."),
        "unreadable": gettext("The file of the test rows cannot be read; see the findings."),
        "yes": gettext("Yes"),
        "no": gettext("No"),
        "load_failed": gettext("The table could not be opened. The findings say why."),
    }
