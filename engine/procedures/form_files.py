"""Reading the forms of a package with the option lists they share."""

from __future__ import annotations

from collections.abc import Mapping

from engine.findings import Finding
from engine.forms import Form, FormRefused, Option, load_form, load_lists

#: Folders of option lists inside a deployment; a list of the company replaces one of the same name that all share.
LIST_FOLDERS = ("forms/common/", "forms/company/")


def read_forms(files: Mapping[str, bytes], findings: list[Finding]) -> dict[str, Form]:
    """The readable forms of *files* by id, in the order of their paths; what is wrong with the others is added."""
    lists = _lists(files, findings)
    forms: dict[str, Form] = {}
    for path, content in sorted(files.items()):
        if path.startswith("forms/") and not path.startswith(LIST_FOLDERS):
            try:
                form = load_form(content, path, lists=lists)
            except FormRefused as error:
                findings.extend(error.findings)
            else:
                forms[form.id] = form
    return forms


def _lists(files: Mapping[str, bytes], findings: list[Finding]) -> dict[str, tuple[Option, ...]]:
    lists: dict[str, tuple[Option, ...]] = {}
    for folder in LIST_FOLDERS:
        for path, content in sorted(files.items()):
            if path.startswith(folder):
                try:
                    lists.update(load_lists(content, path))
                except FormRefused as error:
                    findings.extend(error.findings)
    return lists
