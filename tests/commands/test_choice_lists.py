"""Choice lists that administrators keep: trees, versions from a day on, and cases that keep the list they began with."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.commands.choice_lists import (
    NothingToSet,
    check_list_first,
    preview_list,
    set_list,
    withdraw_list,
)
from engine.commands.deployments import deploy
from engine.commands.drafts import save_file
from engine.commands.publications import ask_publication
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from engine.deployments import draft_of, files_to_edit
from engine.errors import AnswersInvalid, NotFound, NotPermitted, PackageRefused
from engine.forms import FormRefused, Option
from engine.procedures import collect_files
from engine.procedures.files import PackageRef
from engine.queries.choice_lists import ChoiceList, list_of
from engine.queries.drafts import publications_of
from engine.queries.settings_log import settings_log
from engine.worker import tick
from tests.support.cafe import a_complaint, the_case
from tests.support.cafe import do as assess
from tests.support.clock import StandingClock
from tests.support.site import ADMINISTRATOR, CAFE, a_site, actor_of
from tests.web.records import assert_history_verifies

LISTS = """kinds:
  - { value: taste, label: { zh-Hans: 口味, zh-Hant: 口味, en: Taste } }
  - { value: service, label: { zh-Hans: 服务, zh-Hant: 服務, en: Service } }
"""
INTAKE = """    options:
      - { value: taste, label: { zh-Hans: 口味, zh-Hant: 口味, en: Taste } }
      - { value: service, label: { zh-Hans: 服务, zh-Hant: 服務, en: Service } }
"""


def option(value: str, words: str, under: str = "") -> Option:
    return Option(value=value, label={"zh-Hans": words, "en": value}, under=under)


TASTE, SERVICE = option("taste", "口味"), option("service", "服务")
FOOD = option("food", "食品")
TREE = (FOOD, option("taste", "口味", "food"), option("body", "异物", "food"), SERVICE)


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def site(database_kind: str, tmp_path: Path, clock: StandingClock) -> Site:
    """The café, whose intake asks for the kind by a list of the company's."""
    site = a_site(tmp_path, clock=clock)
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        deploy(context, cafe_files(site))
    return site


def cafe_files(site: Site) -> dict[str, bytes]:
    files = collect_files(site.settings.processes, site.settings.forms, PackageRef(CAFE, "complaint"))
    intake = files["forms/intake.yaml"].decode()
    assert INTAKE in intake
    asked = intake.replace(INTAKE, "    options: { from: kinds }\n").encode()
    return {**files, "forms/intake.yaml": asked, "forms/company/lists.yaml": LISTS.encode()}


def put(
    site: Site, *options: Option, days: int | None = None, by: str = ADMINISTRATOR, reason: str = "新的分类"
) -> int:
    at = None if days is None else site.clock() + timedelta(days=days)
    with site.acting(actor_of(site, by)) as context:
        return set_list(context, "kinds", options, reason=reason, effective_at=at)


def the_list(site: Site) -> ChoiceList:
    with site.database.reading(CAFE) as connection:
        return list_of(connection, site.deployments, CAFE, "kinds")


def start(site: Site, kind: str) -> int:
    return a_complaint(site, kind=kind).case_id


def version_of(site: Site, case_id: int) -> int:
    return the_case(site, case_id).deployment.version


def test_a_new_list_holds_for_new_cases_and_cases_that_run_keep_theirs(site: Site) -> None:
    old = start(site, "taste")

    put(site, *TREE)
    new = start(site, "body")

    assert (version_of(site, old), version_of(site, new)) == (2, 3)
    with pytest.raises(AnswersInvalid):
        start(site, "food")  # a heading
    assess(site, old, "assess")
    assert_history_verifies(site)


def test_a_list_comes_into_force_on_its_day_by_the_worker(site: Site, clock: StandingClock) -> None:
    put(site, *TREE, days=3)
    tick(site)
    with pytest.raises(AnswersInvalid):
        start(site, "body")

    clock.move(days=3)
    tick(site)

    assert start(site, "body")
    assert [(each.status, each.versions) for each in the_list(site).changes] == [("in_force", {"complaint": 3})]


def test_one_that_waits_gives_way_to_the_next_and_can_be_withdrawn(site: Site, clock: StandingClock) -> None:
    put(site, *TREE, days=3)
    second = put(site, TASTE, SERVICE, option("place", "环境"), days=5)
    with site.acting(actor_of(site, ADMINISTRATOR)) as context:
        assert withdraw_list(context, second) == "kinds"

    clock.move(days=6)
    tick(site)

    assert [each.status for each in the_list(site).changes] == ["withdrawn", "withdrawn"]
    assert [each.value for each in the_list(site).options] == ["taste", "service"]


def test_what_is_taken_out_is_not_chosen_any_more_and_still_reads(site: Site) -> None:
    put(site, TASTE, option("place", "环境"))

    with pytest.raises(AnswersInvalid):
        start(site, "service")
    said = {each.value: (each.gone, each.label["zh-Hans"]) for each in the_list(site).options}
    assert said == {"taste": (False, "口味"), "place": (False, "环境"), "service": (True, "服务")}

    put(site, TASTE, SERVICE)
    assert start(site, "service")


def test_what_a_rule_names_cannot_be_taken_out(site: Site) -> None:
    files = cafe_files(site)
    asked = files["forms/intake.yaml"] + (
        "  - { id: dish, type: text, show_if: { field: kind, is: taste }, label: { zh-Hans: 菜品, en: Dish } }\n".encode()
    )
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        deploy(context, {**files, "forms/intake.yaml": asked})

    with pytest.raises(PackageRefused) as refused:
        check_list_first(site, CAFE, "kinds", [SERVICE])

    assert [each.rule for each in refused.value.findings if each.severity == "error"] == ["form-condition"]
    with pytest.raises(PackageRefused):
        put(site, SERVICE)
    assert the_list(site).changes == ()


def test_what_does_not_fit_on_its_day_is_said_and_nothing_changes(site: Site, clock: StandingClock) -> None:
    put(site, SERVICE, days=1)
    files = cafe_files(site)
    asked = files["forms/intake.yaml"] + (
        "  - { id: dish, type: text, show_if: { field: kind, is: taste }, label: { zh-Hans: 菜品, en: Dish } }\n".encode()
    )
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        deploy(context, {**files, "forms/intake.yaml": asked})

    clock.move(days=1)
    tick(site)

    (failed,) = the_list(site).changes
    assert (failed.status, [each["rule"] for each in failed.findings]) == ("failed", ["form-condition"])
    assert start(site, "taste")


def test_drafts_and_publications_go_on_over_the_new_list(site: Site, clock: StandingClock) -> None:
    with site.acting(actor_of(site, ADMINISTRATOR)) as context:
        found = files_to_edit(context.connection, context.deployments, CAFE, "complaint")
        text = found.files["texts/zh-Hans.toml"] + b"\n# a thought\n"
        saved = save_file(context, "complaint", "texts/zh-Hans.toml", text, expected=found.revision)
        ask_publication(context, "complaint", reason="a thought", effective_at=None, expected=saved.revision)

    put(site, *TREE)

    with site.database.reading(CAFE) as connection:
        draft = draft_of(connection, CAFE, "complaint")
        assert draft is not None
        assert draft.base_version == 3
        assert publications_of(connection, CAFE, "complaint")[0].base_version == 3
        assert b"body" in files_to_edit(connection, site.deployments, CAFE, "complaint").files["forms/kept/kinds.yaml"]


def test_a_kept_list_belongs_to_no_draft_and_outlives_packages_from_files(site: Site) -> None:
    put(site, *TREE)

    with site.acting(actor_of(site, ADMINISTRATOR)) as context:
        revision = files_to_edit(context.connection, context.deployments, CAFE, "complaint").revision
        with pytest.raises(NotPermitted):
            save_file(context, "complaint", "forms/kept/kinds.yaml", b"kinds: []", expected=revision)
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        assert not deploy(context, cafe_files(site)).new
    assert start(site, "body")


def test_only_administrators_set_lists_with_a_reason_and_only_such_that_forms_ask_by(site: Site) -> None:
    with pytest.raises(NotPermitted):
        put(site, *TREE, by="fang.lan")
    with pytest.raises(AnswersInvalid):
        put(site, *TREE, reason=" ")
    with pytest.raises(NothingToSet):
        put(site, *the_list(site).options)
    with site.acting(actor_of(site, ADMINISTRATOR)) as context:
        with pytest.raises(NotFound):
            set_list(context, "nobody_asks", TREE, reason="x", effective_at=None)
        for broken in ([option("a", "甲", "b"), option("b", "乙", "a")], [option("a", "甲", "nowhere")], []):
            with pytest.raises(FormRefused):
                preview_list(context, "kinds", broken)


def test_a_preview_says_what_comes_what_goes_and_what_moves(site: Site) -> None:
    with site.acting(actor_of(site, ADMINISTRATOR)) as context:
        found = preview_list(context, "kinds", [FOOD, option("taste", "味道", "food")])

    assert [each.value for each in found.added] == ["food"]
    assert [each.value for each in found.removed] == ["service"]
    assert [(a.label["zh-Hans"], b.label["zh-Hans"]) for a, b in found.changed] == [("口味", "味道")]
    assert [each.package.id for each in found.procedures] == ["complaint"]


def test_the_log_of_settings_shows_before_and_after(site: Site) -> None:
    put(site, TASTE, SERVICE, option("place", "环境"))

    with site.database.reading(CAFE) as connection:
        changes = {each.action: each for each in settings_log(connection, CAFE)}

    change: Any = changes["set_list"]
    assert change.before["options"] == ["taste 口味", "service 服务"]
    assert change.after["options"] == ["taste 口味", "service 服务", "place 环境"]
