"""Collects what is wrong while a file is read, so that its author hears everything at once."""

from __future__ import annotations

from lxml import etree

from engine.findings import Finding, Severity


class Problems:
    def __init__(self, file: str) -> None:
        self.file = file
        self.findings: list[Finding] = []

    def error(self, rule: str, message: str, *, line: int | None, element: str | None = None, **params: str) -> None:
        self._add(Severity.ERROR, rule, message, line=line, element=element, params=params)

    def warning(self, rule: str, message: str, *, line: int | None, element: str | None = None, **params: str) -> None:
        self._add(Severity.WARNING, rule, message, line=line, element=element, params=params)

    def error_at(self, rule: str, message: str, element: etree._Element, **params: str) -> None:
        """An error at an XML element: its line, and the id of it or of the nearest one around that has one."""
        self.error(rule, message, line=line_of(element), element=id_of(element), **params)

    def _add(
        self,
        severity: Severity,
        rule: str,
        message: str,
        *,
        line: int | None,
        element: str | None,
        params: dict[str, str],
    ) -> None:
        self.findings.append(Finding(rule, severity, message, self.file, line, element, params))


def line_of(element: etree._Element) -> int:
    line = element.sourceline
    return line if isinstance(line, int) else 0


def id_of(element: etree._Element) -> str:
    around: etree._Element | None = element
    while around is not None:
        if found := around.get("id"):
            return str(found)
        around = around.getparent()
    return ""
