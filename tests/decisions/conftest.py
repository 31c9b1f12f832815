"""Small DMN files for tests, with only what matters to the test: fixtures, because tests share no modules."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

import pytest

_MODEL = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def _a_file(*parts, namespace=_MODEL):
    return f'<definitions xmlns="{namespace}" id="d" name="test">\n{"".join(parts)}\n</definitions>'.encode()


def _a_table(*rules, inputs=(("amount", "number", ""),), outputs=(("level", "string", ""),), policy="UNIQUE", **more):
    """*inputs* and *outputs* are (name, type, allowed values); each rule is its cells, inputs first."""
    id_, required, attributes = more.get("id", "severity"), more.get("requires", ""), more.get("attributes", "")
    default = more.get("default", "")
    columns = "".join(
        f'<input id="i{n}" label={quoteattr(name)}><inputExpression typeRef="{kind}"><text>{escape(name)}</text>'
        f"</inputExpression>{_allowed('inputValues', allowed)}</input>\n"
        for n, (name, kind, allowed) in enumerate(inputs)
    ) + "".join(
        f'<output id="o{n}" name={quoteattr(name)} typeRef="{kind}">{_allowed("outputValues", allowed)}'
        f"{f'<defaultOutputEntry><text>{escape(default)}</text></defaultOutputEntry>' if default else ''}</output>\n"
        for n, (name, kind, allowed) in enumerate(outputs)
    )
    rows = "".join(_rule(number, cells, len(inputs)) for number, cells in enumerate(rules, 1))
    return (
        f'<decision id="{id_}" name="{id_}">{required}'
        f'<decisionTable id="{id_}_table" hitPolicy="{policy}" {attributes}>\n{columns}{rows}</decisionTable></decision>\n'
    )


def _a_literal(id_, text, required=""):
    return (
        f'<decision id="{id_}" name="{id_}"><variable name="{id_}"/>{required}'
        f"<literalExpression><text>{escape(text)}</text></literalExpression></decision>\n"
    )


def _requires(kind, *ids):
    tag = "knowledgeRequirement" if kind == "Knowledge" else "informationRequirement"
    return "".join(f'<{tag}><required{kind} href="#{key}"/></{tag}>' for key in ids)


def _allowed(tag, values):
    return f"<{tag}><text>{escape(values)}</text></{tag}>" if values else ""


def _rule(number, cells, inputs):
    entries = "".join(
        f'<{"inputEntry" if n < inputs else "outputEntry"} id="r{number}c{n}"><text>{escape(cell)}</text>'
        f"</{'inputEntry' if n < inputs else 'outputEntry'}>"
        for n, cell in enumerate(cells)
    )
    return f'<rule id="r{number}">{entries}</rule>\n'


@pytest.fixture
def a_file():
    return _a_file


@pytest.fixture
def a_table():
    return _a_table


@pytest.fixture
def a_literal():
    return _a_literal


@pytest.fixture
def requires():
    return _requires
