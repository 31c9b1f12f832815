"""The modeller: one diagram of a procedure's draft, edited in the browser. The draft itself is kept by the workshop."""

from __future__ import annotations

from types import SimpleNamespace

from flask import Blueprint, render_template, url_for

from engine.errors import NotFound, NotPermitted
from engine.text import LANGUAGES
from webapp.access import actor, for_staff, site
from webapp.csrf import token
from webapp.shell import language, words

blueprint = Blueprint("modeller", __name__, url_prefix="/workshop/<procedure>")


@blueprint.get("/diagrams/<path:file>")
@for_staff
def show(procedure: str, file: str) -> str:
    if not actor().administrator:
        raise NotPermitted("edit_procedure", "not-an-administrator")
    if not file.endswith(".bpmn"):
        raise NotFound("diagram", file)
    with site().database.reading(actor().company_id) as connection:
        deployment = site().deployments.current(connection, actor().company_id, procedure)
    package = deployment.package
    own = package.company.language
    base = f"/workshop/{procedure}"
    return render_template(
        "modeller.html",
        procedure=SimpleNamespace(id=procedure, title=words(package.title), version=deployment.version),
        file=file,
        settings={
            "file": file,
            "language": language(),
            "own": own,
            "languages": [own, *(other for other in LANGUAGES if other != own)],
            "token": token(),
            "person": actor().login,
            "files": f"{base}/files/",
            "check": f"{base}/check",
            "choices": f"{base}/choices",
        },
        overview=base,
    )
