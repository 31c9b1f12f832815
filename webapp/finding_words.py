"""Findings as pages show them: where, what is wrong, and the way out, in the reader's language.

The engine says every finding in English. Those an owner meets at expressions, decision tables and publications are said
again here from the finding's facts; of the others readers of Chinese get the rule in one sentence, with the names that
the engine's sentence quotes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from engine.decisions import DecisionError
from engine.feel import FeelError, compile_expression, compile_unary_tests
from engine.findings import Finding
from webapp.feel_words import feel_parts, feel_view
from webapp.rule_words import rule_words
from webapp.shell import current_translator, language

#: Names and values in the engine's sentences.
_QUOTED: Final = re.compile(r"""\"([^"]+)\"|(?<!\w)'([^']+)'(?!\w)""")
#: What is wrong, and the way out.
Parts = tuple[str, str]


def finding_view(finding: Finding) -> dict[str, Any]:
    """One finding for a page or an editor: rule, severity, file, line, element, message, way_out."""
    message, way_out = _of_expression(finding) or _of_rule(finding) or _in_short(finding) or _parts(finding.message)
    return {
        "rule": finding.rule,
        "severity": str(finding.severity),
        "file": finding.file,
        "line": finding.line,
        "element": finding.element,
        "message": message,
        "way_out": way_out,
    }


def _in_short(finding: Finding) -> Parts | None:
    if language() == "en" or (said := rule_words().get(finding.rule)) is None:
        return None
    what, way_out = said
    names = dict.fromkeys(first or second for first, second in _QUOTED.findall(_parts(finding.message)[0]))
    return what + ("：" + "".join(f"“{name}”" for name in names) if names else ""), way_out


def _parts(message: str) -> Parts:
    """What was found, and what to do about it: findings say the second after their last semicolon."""
    found, separator, way_out = message.rpartition("; ")
    return (found, way_out) if separator else (message, "")


def _of_expression(finding: Finding) -> Parts | None:
    """For an expression that cannot be read or can only be null: the words of the language's own errors."""
    expression = finding.params.get("expression")
    if expression is None:
        return None
    gettext = current_translator().gettext
    if finding.rule in {"unknown-function", "arguments"}:
        facts = {name: finding.params.get(name, "") for name in ("expected", "found", "suggestion")}
        message, way_out = feel_parts(finding.rule, **facts, fallback=finding.message)
    elif (error := _mistake(expression)) is not None:
        view = feel_view(error)
        message, way_out = view["message"], view["way_out"]
    else:
        return None
    sentence = gettext("Expression “%(text)s”: %(message)s")
    return sentence % {"text": expression[:200], "message": message}, way_out


def _mistake(expression: str) -> FeelError | None:
    """What is wrong with it, be it a condition or the cell of a table."""
    for compiled in (compile_expression, compile_unary_tests):
        try:
            mistakes = compiled(expression).mistakes
        except FeelError as error:
            return error
        if mistakes:
            return mistakes[0]
    return None


def _of_rule(finding: Finding) -> Parts | None:
    if (said := _sentences().get(finding.rule)) is None:
        return None
    facts: Mapping[str, str] = {"file": finding.file, "element": finding.element or "", **finding.params}
    try:
        return said[0] % facts, said[1] % facts
    except KeyError:
        return None  # the finding has other facts: a row whose decision cannot be taken, for instance


def decision_words(error: DecisionError) -> str:
    """Why a decision could not be taken."""
    gettext = current_translator().gettext
    return {
        "unknown-decision": gettext("The file has no such decision."),
        "several-rules": gettext("Several rules hit, and this table allows one."),
        "input-not-allowed": gettext("A value is given that its column does not allow."),
        "limit": gettext("The decision asks for more work than it may."),
        "unreadable": gettext("The table has mistakes."),
    }.get(error.reason, error.message)


def _sentences() -> Mapping[str, Parts]:
    """Rule -> what is wrong and the way out, with the names of the finding's facts."""
    gettext = current_translator().gettext
    return {
        "type-clash": (
            gettext("Rule %(rule_number)s: the column %(column)s holds %(expected)s, not %(found)s."),
            gettext("Write a value of that type, or change the type of the column."),
        ),
        "output-not-allowed": (
            gettext("Rule %(rule_number)s gives a value that the column %(column)s does not allow."),
            gettext("Choose one of the allowed values, or allow this one."),
        ),
        "never-matches": (
            gettext("Rule %(rule_number)s can never hit: no value passes its cell in the column %(column)s."),
            gettext("Correct the cell or remove the rule."),
        ),
        "overlapping-rules": (
            gettext("Rules %(rule_number)s and %(other)s can hit together, and this table allows one."),
            gettext("Narrow one of them, or choose another hit policy."),
        ),
        "unreachable-rule": (
            gettext("Rule %(rule_number)s never decides: an earlier rule hits wherever it would."),
            gettext("Move it up or remove it."),
        ),
        "gap": (gettext("No rule hits for %(example)s."), gettext("Add a rule, or an output for all other cases.")),
        "missing-expression": (gettext("An expression is empty."), gettext("Write what it shall say, or null.")),
        "test-row-fails": (
            gettext("Test row %(row)s of %(decision)s expects %(wanted)s, and the table says %(found)s."),
            gettext("Correct the table or the row."),
        ),
        "test-of-unknown-decision": (
            gettext("A test row names the decision “%(decision)s”, which the file does not have."),
            gettext("Correct the name or remove the row."),
        ),
        "tests-without-table": (
            gettext("These test rows belong to %(file)s, which is not there."),
            gettext("Rename or remove the file."),
        ),
        "scenario-fails": (
            gettext("The scenario “%(title)s” goes differently at %(found)s"),
            gettext("Correct the draft, or try it anew and keep that run."),
        ),
        "draft-of-another": (
            gettext("The draft calls itself “%(found)s”; a draft keeps the name of its procedure, “%(expected)s”."),
            gettext("Write the id as it was."),
        ),
        "draft-overtaken": (
            gettext("Version %(base)s was in service when this was asked for, and now it is version %(now)s."),
            gettext("Look at what came between, and ask again."),
        ),
    }
