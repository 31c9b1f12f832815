"""What carries out a clause is said in the owner's words."""

from __future__ import annotations

import re
from pathlib import Path

from engine.procedures import PackageRef, collect_files, find_packages, package_from_files
from engine.procedures.package import Package
from tests.support.site import a_site
from tests.web.application import an_app
from webapp.clause_links import ClauseLinks
from webapp.shell import words

ROOT = Path(__file__).parents[2]
AN_ID = re.compile(r"[a-z0-9_.#]+")


def said(package: Package) -> dict[str, list[str]]:
    names = {element: words(name) for element, name in package.element_names.items()}
    links = ClauseLinks(package, names)
    return {clause.id: links.of(clause) for clause in package.clauses}


def package(ref: PackageRef) -> Package:
    return package_from_files(collect_files(ROOT / "processes", ROOT / "forms", ref))


def test_no_clause_of_any_procedure_shows_an_id(tmp_path: Path) -> None:
    app = an_app(a_site(tmp_path))
    with app.test_request_context(headers={"Accept-Language": "zh-CN"}):
        found = [said(package(ref)) for ref in find_packages(ROOT / "processes")]
    shown = {name for each in found for names in each.values() for name in names}
    assert len(shown) > 1000
    assert sorted(name for name in shown if AN_ID.fullmatch(name)) == []


def test_fields_rules_and_settings_have_their_names(tmp_path: Path) -> None:
    app = an_app(a_site(tmp_path))
    with app.test_request_context(headers={"Accept-Language": "zh-CN"}):
        found = said(package(PackageRef("retail-complaints-and-returns", "complaint")))
    assert found["RT-02"] == ["投诉记录 › 销售渠道", "提出投诉 › 销售渠道", "本流程"]
    assert found["RT-04"] == ["由谁登记、如何登记", "泳道“顾客服务部”", "组“顾客服务部”"]
    assert found["RT-05.1b"] == ["补全投诉记录", "投诉记录", "投诉记录（补充）", "顾客投诉记录"]
    assert found["RT-08.2a"][-2:] == ["回访次数（第八条），规则 1、2", "回访结果（第九条），规则 2"]
