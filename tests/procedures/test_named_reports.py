"""Every ledger, statistic and target that a regulation names is a report of its package, linked to its clause."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

PROCESSES = Path(__file__).parents[2] / "processes"
#: Company -> the clauses that name a ledger, a statistic or a figure with a target.
NAMED = {
    "hongda-building-materials": "HD-13a",
    "baoji-construction": "BJ-21 BJ-05.1 BJ-05.2 BJ-06.1-1 BJ-06.2-6 BJ-24b BJ-A3",
    "manufacturer-exchange-principles": "EX-3.2b",
    "guoli-renhe-opinion-cards": "GL-2.8a GL-2.1b GL-3.1 GL-3.3 GL-2.7a GL-3.4",
    "customer-objection-management": "OB-21b OB-06",
    "customer-service-policy": "CS-4.2b CS-5.2 CS-5.3",
    "customer-opinion-management": "OP-4 OP-3c",
    "catering-feedback-system": "CF-2.2 CF-2.0 CF-4.3 CF-1c",
    "catering-feedback-and-quality-assessment": "CQ-2.3 CQ-3.1 CQ-3.2 CQ-3.3",
    "opinion-consultation-template": "CN-5.4",
    "food-manufacturer-haccp": "FM-5.5.2 FM-5.5.1b",
    "shanxi-coal-machinery": "SX-3.2 SX-3.3 SX-3.4 SX-4.2g SX-4.7b1 SX-3.1b SX-3.1c",
    "jianmei-aluminium": "JM-3.2d JM-3.3g JM-3.3h JM-II.5",
    "dlyh-restaurant-chain": "DL-5.2 DL-6.3.1a DL-6.3.1b DL-6.3.3",
    "property-owner-complaints": "OW-3c OW-4.1.5a",
    "property-complaint-tracking": "PV-4.5.3 PV-4.1.3 PV-4.8c",
    "customer-support-department": "CD-2.2",
    "shopping-mall-counters": "MA-01 MA-5.5",
    "user-visit-and-complaints": "UV-11b",
    "retail-complaints-and-returns": "RT-05.1b",
    "customer-service-operations": "SV-07a",
    "pharmacy-opinion-management": "PH-2c",
    "law-firm-complaints": "LF-1.4a",
}


@pytest.mark.parametrize("company", NAMED)
def test_what_the_regulation_counts_is_counted(company: str) -> None:
    linked = set()
    for path in (PROCESSES / company).glob("*/clauses.toml"):
        clauses = tomllib.loads(path.read_text())["clause"]
        linked |= {clause["id"] for clause in clauses if clause.get("report")}

    assert [id_ for id_ in NAMED[company].split() if id_ not in linked] == []
