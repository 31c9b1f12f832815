"""What happens at the harbour café, in few words."""

from __future__ import annotations

from typing import Any

from engine.commands import cases, user_tasks
from engine.commands.cases import Started
from engine.commands.deployments import deploy
from engine.commands.idempotency import RequestKey
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from engine.procedures import PackageRef, collect_files
from engine.queries.cases import Case, case_by_id
from tests.support.site import CAFE, actor_of

COMPLAINT = {
    "summary": "coffee too cold",
    "customer_name": "Chen",
    "customer_mail": "chen@example.org",
    "kind": "taste",
}
ANSWERS: dict[str, dict[str, Any]] = {
    "assess": {"founded": "yes", "remark": "seen"},
    "reply": {"answer": "a new cup"},
    "fix": {"done": "machine warmed"},
    "confirm": {"satisfied": "no"},
}
WHO = {"assess": "fang.lan", "reply": "fang.lan", "fix": "gu.qiang", "confirm": "fang.lan"}


def a_complaint(site: Site, **answers: Any) -> Started:
    with site.acting(actor_of(site, "fang.lan")) as context:
        return cases.start(context, "complaint", {**COMPLAINT, **answers})


def with_rules(site: Site, rules: str) -> None:
    """The complaint procedure once more, its procedure.toml with *rules* behind it: new cases run that version."""
    processes, forms = site.settings.processes, site.settings.forms
    files = dict(collect_files(processes, forms, PackageRef(CAFE, "complaint")))
    files["procedure.toml"] += f"\n{rules}\n".encode()
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        deploy(context, files)


def the_case(site: Site, case_id: int) -> Case:
    with site.database.reading_every_company() as connection:
        return case_by_id(connection, site.deployments, CAFE, case_id)


def open_steps(site: Site, case_id: int) -> list[str]:
    return sorted(task.element for task in the_case(site, case_id).tasks if task.status == "open")


def task_id(site: Site, case_id: int, element: str) -> int:
    return next(t.id for t in the_case(site, case_id).tasks if t.element == element and t.status == "open")


def do(site: Site, case_id: int, element: str, *, key: str = "", **answers: Any) -> user_tasks.Completed:
    found = task_id(site, case_id, element)
    with site.acting(actor_of(site, WHO[element])) as context:
        return user_tasks.complete(context, found, {**ANSWERS[element], **answers}, idempotency_key=RequestKey(key))


def a_round(site: Site, case_id: int, **confirm: Any) -> None:
    """Assess, reply and fix beside each other, confirm."""
    for element in ("assess", "fix", "reply"):
        do(site, case_id, element)
    do(site, case_id, "confirm", **confirm)


def with_telephone(site: Site) -> None:
    """The intake form asks for a telephone number, too: new cases know who is calling."""
    kind = "  - id: kind\n"
    label = "label: { zh-Hans: 联系电话, zh-Hant: 聯絡電話, en: Phone }"
    phone = f"  - {{ id: customer_phone, type: text, personal: true, inputmode: tel, {label} }}\n"
    changed_procedure(site, (kind, phone + kind))


def changed_procedure(site: Site, *changes: tuple[str, str]) -> None:
    """Deploy the next version of the complaint procedure, with *changes* in its files."""
    with site.database.reading_every_company() as connection:
        files = dict(site.deployments.current(connection, CAFE, "complaint").package.files)
    for old, new in changes:
        assert any(old.encode() in content for content in files.values())
        files = {name: content.replace(old.encode(), new.encode()) for name, content in files.items()}
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        deploy(context, files)
