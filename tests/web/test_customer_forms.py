"""A form that waits for staff and customer alike: filled in behind the link, once, late is said."""

from __future__ import annotations

import pytest
from flask import Flask

from engine.commands.cases import Started
from engine.commands.customer_forms import fill_in
from engine.commands.interventions import intervene
from engine.commands.site import Site
from engine.commands.user_tasks import claim, complete
from engine.complaints import Actor
from engine.errors import AlreadyDone, NotPermitted
from engine.interpreter import Suspend
from tests.support.cafe import a_complaint, changed_procedure, do, open_steps, task_id, the_case
from tests.support.site import ADMINISTRATOR, CAFE, a_site, actor_of
from tests.web.application import an_app
from tests.web.browser import Browser
from tests.web.records import assert_history_verifies, events_of

CUSTOMER = Actor.customer(CAFE)
FIELDS = """
  - { id: way, type: text, required: true, label: { zh-Hans: 方式, zh-Hant: 方式, en: How } }
  - { id: seen_by, type: text, label: { zh-Hans: 内部备注, zh-Hant: 內部備註, en: For us only } }
  - { id: why, type: textarea, required: true, max_length: 500, show_if: { all: [{ field: satisfied, is: "no" }, { field: way, is: link }] }, label: { zh-Hans: 哪里不满意, zh-Hant: 哪裡不滿意, en: What is wrong } }
"""


@pytest.fixture(scope="module")
def site(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = a_site(tmp_path_factory.mktemp("forms"))
    option = '      - { value: "no", label: { zh-Hans: 不满意, zh-Hant: 不滿意, en: "No" } }\n'
    rule = '[customer]\nfills.confirm.says.way = \'"link"\'\nfills.confirm.hide = ["seen_by"]\n'
    changed_procedure(site, ("[customer]\n", rule), (option, option + FIELDS))
    return site


@pytest.fixture(scope="module")
def app(site: Site) -> Flask:
    return an_app(site)


def asked(site: Site) -> Started:
    """A complaint whose customer is asked whether all is well."""
    started = a_complaint(site)
    for element in ("assess", "fix", "reply"):
        do(site, started.case_id, element)
    return started


def address(started: Started) -> str:
    return f"/public/track/{started.tracking_code}/forms/confirm"


def test_the_customer_answers_behind_the_link_and_the_case_goes_on(site: Site, app: Flask) -> None:
    started = asked(site)
    customer = Browser(app)

    assert "Follow-up" in customer.open(f"/public/track/{started.tracking_code}").words
    page = customer.open(address(started))
    assert "For us only" not in page.words
    assert page.tree.xpath("//*[@name='f-way']") == []
    thanks = customer.submit(address(started), page=page, f_satisfied="yes")

    assert "it can be answered once" in thanks.words
    case = the_case(site, started.case_id)
    assert (case.data["satisfied"], case.data["way"]) == ("yes", "link")
    assert open_steps(site, started.case_id) == []
    looks = [event.subject for event in events_of(site, started.case_id) if event.action == "read_case"]
    assert looks == ["tracking", "form confirm"]  # each page once a day
    last = [(event.actor, event.action) for event in events_of(site, started.case_id) if event.action != "read_case"]
    assert last[-1] == ("customer", "complete_task")
    assert_history_verifies(site)


def test_a_field_that_hangs_on_what_is_said_for_the_customer_is_asked(site: Site, app: Flask) -> None:
    started = asked(site)
    customer = Browser(app)
    customer.open(address(started))

    page = customer.submit(address(started), f_satisfied="no")
    assert page.status == 422
    assert page.errors() == ["What is wrong Please fill in this field."]
    customer.submit(address(started), f_satisfied="no", f_why="still cold")

    assert the_case(site, started.case_id).data["why"] == "still cold"
    assert open_steps(site, started.case_id) == ["assess"]


def test_what_a_colleague_entered_first_stays(site: Site, app: Flask) -> None:
    started = asked(site)
    customer = Browser(app)
    page = customer.open(address(started))
    do(site, started.case_id, "confirm", satisfied="yes", way="phone")

    late = customer.submit(address(started), page=page, f_satisfied="no", f_why="too late")

    assert late.status == 409
    assert "it can be answered once" in late.words
    assert the_case(site, started.case_id).data["satisfied"] == "yes"
    with pytest.raises(AlreadyDone), site.acting(CUSTOMER) as context:
        fill_in(context, started.case_id, "confirm", {"satisfied": "no", "why": "x"})


def test_sending_the_same_page_twice_answers_once(site: Site, app: Flask) -> None:
    started = asked(site)
    customer = Browser(app)
    page = customer.open(address(started))

    for _ in range(2):
        again = customer.submit(address(started), page=page, f_satisfied="no", f_why="cold")

    assert again.status == 200
    actions = [event.action for event in events_of(site, started.case_id) if event.actor == "customer"]
    assert actions.count("complete_task") == 1


def test_a_colleague_who_had_claimed_it_finds_it_answered(site: Site) -> None:
    started = asked(site)
    found = task_id(site, started.case_id, "confirm")
    with site.acting(actor_of(site, "fang.lan")) as context:
        claim(context, found)
    with site.acting(CUSTOMER) as context:
        fill_in(context, started.case_id, "confirm", {"satisfied": "yes"})

    with pytest.raises(AlreadyDone) as refused, site.acting(actor_of(site, "fang.lan")) as context:
        complete(context, found, {"satisfied": "no", "way": "phone"})
    assert refused.value.by is None


@pytest.mark.parametrize("element", ["assess", "confirm", "nothing"])
def test_only_what_is_offered_and_was_asked_can_be_filled_in(site: Site, app: Flask, element: str) -> None:
    started = a_complaint(site)

    assert Browser(app).open(f"/public/track/{started.tracking_code}/forms/{element}").status == 404
    with pytest.raises(NotPermitted), site.acting(CUSTOMER) as context:
        fill_in(context, started.case_id, element, {})


def test_what_is_hidden_from_customers_is_not_taken_from_them(site: Site) -> None:
    started = asked(site)
    raw = {"satisfied": "yes", "way": "phone", "seen_by": "made up"}

    with site.acting(CUSTOMER) as context:
        fill_in(context, started.case_id, "confirm", raw)

    data = the_case(site, started.case_id).data
    assert (data["way"], data["seen_by"]) == ("link", None)


def test_while_the_case_stands_still_the_answer_is_kept_on_the_page(site: Site, app: Flask) -> None:
    started = asked(site)
    customer = Browser(app)
    page = customer.open(address(started))
    with site.acting(actor_of(site, ADMINISTRATOR)) as context:
        intervene(context, started.case_id, Suspend("being looked at"))

    shown = customer.submit(address(started), page=page, f_satisfied="no", f_why="still cold")

    assert shown.status == 409
    assert shown.value("f-why") == "still cold"
