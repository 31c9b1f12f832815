"""What lists show of a procedure, kept beside its deployment so that no list has to read packages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.procedures.package import Package
from engine.text import Text


@dataclass(frozen=True, slots=True)
class Card:
    """A procedure in a list."""

    company_id: str
    company_name: Text
    procedure: str
    version: int
    title: Text
    summary: Text
    regulation: str  #: title of the document
    public: bool  #: customers may file a case
    groups: tuple[str, ...]  #: who may register one; ``("*",)`` is everyone of the company
    industry: Text = field(default_factory=dict)  #: what the company does
    clauses: int = 0  #: of the regulation
    deadlines: int = 0
    forms: int = 0


def card_of(package: Package, version: int) -> Card:
    """The card of a deployment."""
    return Card(
        company_id=package.company.id,
        company_name=dict(package.company.name),
        procedure=package.id,
        version=version,
        title=dict(package.title),
        summary=dict(package.summary),
        regulation=package.regulation.get("title", ""),
        public=package.start.public,
        groups=package.start.groups,
        industry=dict(package.company.industry),
        clauses=len(package.clauses),
        deadlines=len(package.deadlines),
        forms=len(package.forms),
    )


def card_to_json(card: Card) -> Mapping[str, Any]:
    return {name: getattr(card, name) for name in Card.__slots__}


def card_from_json(value: Mapping[str, Any]) -> Card:
    return Card(**{**value, "groups": tuple(value["groups"])})
