"""Reading the forms of a package with the option lists they share."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from engine.findings import Finding
from engine.forms import Form, FormRefused, Option, load_form, load_lists
from engine.forms.yaml_tree import YamlRefused, read_yaml

#: Lists that administrators keep, a file each: they belong to all procedures and take the place of those in packages.
KEPT_LISTS: Final = "forms/kept/"
#: Folders of option lists inside a deployment; a list of a later one replaces one of the same name.
LIST_FOLDERS = ("forms/common/", "forms/company/", KEPT_LISTS)


def read_forms(files: Mapping[str, bytes], findings: list[Finding]) -> dict[str, Form]:
    """The readable forms of *files* by id, in the order of their paths; what is wrong with the others is added."""
    lists = lists_of(files, findings)
    forms: dict[str, Form] = {}
    for path, content in sorted(files.items()):
        if _is_form(path):
            try:
                form = load_form(content, path, lists=lists)
            except FormRefused as error:
                findings.extend(error.findings)
            else:
                forms[form.id] = form
    return forms


def lists_of(files: Mapping[str, bytes], findings: list[Finding]) -> dict[str, tuple[Option, ...]]:
    """The option lists that the forms of *files* may name; what is wrong with them is added."""
    lists: dict[str, tuple[Option, ...]] = {}
    for folder in LIST_FOLDERS:
        for path, content in sorted(files.items()):
            if path.startswith(folder):
                try:
                    lists.update(load_lists(content, path))
                except FormRefused as error:
                    findings.extend(error.findings)
    return lists


def lists_used(files: Mapping[str, bytes]) -> dict[str, list[Mapping[str, Any]]]:
    """The fields of all forms that take their options from a list, by its name, as their files say them."""
    used: dict[str, list[Mapping[str, Any]]] = {}
    for path, content in sorted(files.items()):
        if _is_form(path):
            try:
                form = read_yaml(content).value
            except YamlRefused:
                continue
            for field in _fields(form):
                options = field.get("options")
                if isinstance(options, dict) and isinstance(options.get("from"), str):
                    used.setdefault(options["from"], []).append(field)
    return used


def kept_list_file(name: str, options: Sequence[Option]) -> tuple[str, bytes]:
    """Path and content of the file that says a kept list."""
    said = [json.dumps(each, ensure_ascii=False) for each in options_to_json(options)]
    return f"{KEPT_LISTS}{name}.yaml", "\n".join([f"{name}:", *(f"  - {each}" for each in said), ""]).encode()


def options_to_json(options: Sequence[Option]) -> list[dict[str, Any]]:
    """What tables and files keep of *options*."""
    return [each.model_dump(exclude_defaults=True) for each in options]


def options_from_json(said: Sequence[Mapping[str, Any]]) -> tuple[Option, ...]:
    """The options that `options_to_json` wrote."""
    return tuple(Option.model_validate(each) for each in said)


def _is_form(path: str) -> bool:
    return path.startswith("forms/") and not path.startswith(LIST_FOLDERS)


def _fields(form: Any) -> list[Mapping[str, Any]]:
    """The fields of a form's file, those in rows too."""
    found = form.get("fields") if isinstance(form, dict) else None
    fields = [each for each in found or () if isinstance(each, dict)] if isinstance(found, tuple) else []
    return [inner for each in fields for inner in (each, *_fields(each))]
