"""What carries out a clause, said as its process owner says it: names of steps, fields, rules and letters, no ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from engine.procedures import Package
from engine.procedures.coverage import LINKS
from engine.procedures.package import Clause
from engine.text import enumerated
from webapp.editor_choices import readable_decisions
from webapp.shell import current_translator, language, words


class ClauseLinks:
    """The names of everything in one package that a clause can be linked to."""

    def __init__(self, package: Package, elements: Mapping[str, str]) -> None:
        self._package, self._elements = package, elements
        models = readable_decisions(package.decisions)
        self._decisions = {each.id: each.name for model in models for each in model.decisions.values()}

    def of(self, clause: Clause) -> list[str]:
        """What carries out *clause*, each thing once, in the order of the package's own file."""
        found: list[str] = []
        for kind in LINKS:
            links: tuple[str, ...] = getattr(clause, kind)
            found += self._rules(links) if kind == "decision" else (self._name(kind, link) for link in links)
        return list(dict.fromkeys(found))

    def _name(self, kind: str, link: str) -> str:
        package = self._package
        match kind:
            case "form":
                return self._field(link)
            case "setting":
                return self._setting(link)
            case "element":
                return self._elements.get(link) or current_translator().gettext("Ways that part or meet")
            case "guidance":
                return self._elements.get(link) or current_translator().gettext("Guidance")
            case _:
                titles = {
                    "deadline": {each.id: each.title for each in package.deadlines.values()},
                    "report": {each.id: each.title for each in package.reports.values()},
                    "record": {each.id: each.title for each in package.records.values()},
                    "schedule": {each.id: each.title for each in package.schedules.values()},
                    "trigger": {each.id: each.title for each in package.triggers.values()},
                    "letter": {each.id: each.subject for each in package.letters.values()},
                }[kind]
                return words(titles[link]) if link in titles else link

    def _field(self, link: str) -> str:
        """A form, or one field of it: its label behind the form's title."""
        form_id, _, field_id = link.partition(".")
        form = self._package.forms.get(form_id)
        if form is None:
            return link
        label = next((words(each.label) for each in form.fields if each.id == field_id), field_id)
        return f"{words(form.title)} › {label}" if label else words(form.title)

    def _rules(self, links: Iterable[str]) -> Iterator[str]:
        """A decision with the numbers of its rules, if a clause names them."""
        rules: dict[str, list[str]] = {}
        for link in links:
            decision, _, rule = link.partition("#")
            rules.setdefault(decision, []).extend([rule] if rule else [])
        for decision, numbers in rules.items():
            name = self._decisions.get(decision, decision)
            if numbers:
                name = current_translator().ngettext(
                    "%(decision)s, rule %(numbers)s", "%(decision)s, rules %(numbers)s", len(numbers)
                ) % {"decision": name, "numbers": enumerated(numbers, language())}
            yield name

    def _setting(self, link: str) -> str:
        gettext, (section, _, rest) = current_translator().gettext, link.partition(".")
        id_ = rest.partition(".")[0]
        if section == "lanes" and id_ in self._elements:
            return gettext("Lane %(name)s") % {"name": self._elements[id_]}
        if section == "groups" and (group := self._package.company.groups.get(id_)):
            return gettext("Group %(name)s") % {"name": words(group.name)}
        return {
            "calendar": gettext("The working calendar"),
            "case": gettext("What a case is called"),
            "case_number": gettext("The pattern of case numbers"),
            "confidential": gettext("Who may not read what"),
            "corrective": gettext("Corrective action"),
            "customer": gettext("What the customer may do"),
            "intake": gettext("How complaints come in"),
            "milestones": gettext("What the customer is told"),
            "process": gettext("The procedure itself"),
            "regulation": gettext("The procedure itself"),
            "retention": gettext("How long cases are kept"),
            "start": gettext("Who registers a case, and how"),
            "summary": gettext("The procedure itself"),
            "surveys": gettext("Who is asked, and how often"),
            "work": gettext("What staff may do with their tasks"),
        }.get(section, link)
