"""Rules a procedure package must keep, one file each.

The first line of a rule file's docstring says what is wrong and why it matters; it is what ``docs/rules.md`` shows. A
rule file has one public function, ``check(subject)``, that yields findings; their ``rule`` is filled in from the file's
name, so that no name is written twice. Rules see values only and never each other. A rule that would call things
missing because their file could not be read names such files in ``NEEDS``, by the begin or end of their paths.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from inspect import cleandoc

from engine.findings import Finding, Severity
from engine.procedures.subject import Subject


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its public kebab-case name, what it is about in one line, and the function that looks."""

    name: str
    sentence: str
    check: Callable[[Subject], Iterator[Finding]]
    needs: tuple[str, ...] = ()  #: begins or ends of paths; when such a file could not be read, the rule is left out


@cache
def all_rules() -> Mapping[str, Rule]:
    """Every rule of this folder by name, in alphabetical order."""
    modules = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return {rule.name: rule for rule in map(_rule, modules)}


def run_rules(subject: Subject) -> list[Finding]:
    """What all rules find, in the order of files and lines. Never raises: a rule that fails is a finding itself."""
    findings = [
        finding for rule in all_rules().values() if not subject.lacks(rule.needs) for finding in run_rule(rule, subject)
    ]
    return sorted(findings, key=lambda finding: (finding.file, finding.line or 0, finding.rule, finding.message))


def run_rule(rule: Rule, subject: Subject) -> Iterator[Finding]:
    """What one rule finds, under its name."""
    try:
        for finding in rule.check(subject):
            yield replace(finding, rule=rule.name)
    except Exception as error:  # noqa: BLE001 -- one wrong rule must not hide what the others found
        message = f"expected the rule {rule.name} to look through the package, found it failed: {error!r}; report this"
        yield Finding("rule-error", Severity.ERROR, message, "", params={"rule": rule.name})


def describe_rules() -> str:
    """The page ``docs/rules.md``: one line a rule."""
    lines = [f"| `{rule.name}` | {rule.sentence} |" for rule in all_rules().values()]
    return "\n".join([_PAGE_HEAD, *lines, ""])


_PAGE_HEAD = """# Rules of the procedure check

`shouwen check` reads a package and then applies these rules. Each is one file in `engine/procedures/rules/`; this page
is made from their first lines and a test keeps it in step. Findings about files that cannot be read at all
(`toml-…`, `file-…`, `form-…`) explain themselves.

| rule | what is wrong, and why it matters |
|---|---|"""


def _rule(module: str) -> Rule:
    loaded = import_module(f"{__name__}.{module}")
    sentence = cleandoc(loaded.__doc__ or "").splitlines()[0]
    return Rule(
        name=module.replace("_", "-"), sentence=sentence, check=loaded.check, needs=getattr(loaded, "NEEDS", ())
    )
