"""Every verb of whoever handles complaints: done once with its event in the history, refused once with the reason.

`docs/verbs.md` is the list for people; it says the same, verb by verb.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine.commands import (
    absences,
    cases,
    clocks,
    data_requests,
    delegations,
    errands,
    filters,
    hand_overs,
    letter_withdrawals,
    notices,
    relations,
    reminders,
    returns,
    signatures,
    user_tasks,
)
from engine.commands.actions import CaseAction, CompanyAction
from engine.commands.errands import Addressee
from engine.commands.relations import Relation
from engine.commands.services import WrittenLetter, keep_letter
from engine.commands.site import Site
from engine.commands.steps import LinkKind
from engine.complaints import Actor
from engine.complaints.inbox import Filter, View
from engine.errors import AlreadyDone, AnswersInvalid, NotFound, NotPermitted
from engine.procedures.package import Verb
from engine.queries.time_limits import open_reminders
from engine.tables import history_events
from engine.worker import tick
from tests.support.cafe import COMPLAINT, a_complaint, do, task_id, with_rules
from tests.support.clock import StandingClock
from tests.support.site import ADMINISTRATOR, CAFE, a_site, actor_of

PAGE = Path(__file__).parents[2] / "docs/verbs.md"
FANG, GU, WEI = (Addressee(login=login) for login in ("fang.lan", "gu.qiang", "wei.min"))
FOUNDED = {"founded": "yes", "remark": "seen"}
#: Events that are no verb of the desk: what time, customers, messages, administrators and auditors do to a case.
OTHERS = frozenset(
    {
        "start_by_schedule", "start_by_trigger", "start_by_message", "start_by_signal", "complete_service",
        "receive_message", "receive_signal", "wake_up", "open_incident", "retry", "move_token", "skip_step",
        "cancel_branch", "suspend_case", "resume_case", "migrate_case", "write_letter", "send_letter_again",
        "keep_letter", "readdress_letter", "export_case", "add_evidence", "accept_answer", "refuse_answer",
        "ask_data", "ask_withdrawal", "decline_withdrawal", "withdraw_case", "reopen_case", "end_joined", "hold_case",
        "release_case", "erase_case", "tell_person", "raise_finding", "answer_finding", "return_finding",
        "close_finding", "correct_finding", "take_finding", "change_procedure", "read_case", "start_by_survey",
        "draw_survey", "act_instead",
    }
)  # fmt: skip


class Scene:
    """The café with one complaint, of which its step *assess* is open."""

    def __init__(self, site: Site) -> None:
        self.site, self.started = site, a_complaint(site)
        self.case, self.assess = self.started.case_id, task_id(site, self.started.case_id, "assess")

    def by(self, login: str, command: Callable[..., Any], /, *given: Any, **named: Any) -> Any:
        with self.site.acting(actor_of(self.site, login)) as context:
            return command(context, *given, **named)

    def assessed(self) -> int:
        """The task *fix*, behind *assess*."""
        do(self.site, self.case, "assess")
        return task_id(self.site, self.case, "fix")

    def second(self) -> cases.Started:
        return a_complaint(self.site)

    def events(self, stream: int) -> list[str]:
        t = history_events.c
        with self.site.database.reading(CAFE) as connection:
            return list(connection.execute(sa.select(t.action).where(t.stream == stream).order_by(t.seq)).scalars())

    # what goes before

    def handed(self) -> int:
        return int(self.by("fang.lan", hand_overs.hand_over, self.assess, WEI, reason="leave"))

    def delegated(self) -> int:
        return int(self.by("fang.lan", delegations.delegate, self.assess, GU, reason="you know"))

    def to_sign(self, *, before: bool = True) -> int:
        return int(self.by("fang.lan", signatures.ask_signature, self.assess, GU, before=before, reason="look"))

    def copied(self) -> int:
        self.by("fang.lan", notices.copy_to, self.assess, [GU], reason="to know")
        return self.latest_errand()

    def urged(self) -> int:
        self.by("fang.lan", user_tasks.claim, self.assess)
        return int(self.by("gu.qiang", notices.urge, self.assess, reason="they wait"))

    def latest_errand(self) -> int:
        with self.site.database.reading(CAFE) as connection:
            return int(connection.execute(sa.text("select max(id) from errands")).scalar_one())

    def written_to(self) -> int:
        with self.site.acting(Actor.system(CAFE)) as context:
            keep_letter(context, self.case, "thanks", WrittenLetter("thanks", "customer", "", "en", "Thanks", "Sorry."))
        return self.case

    def asked_about_data(self) -> int:
        with self.site.acting(Actor.customer(CAFE)) as context:
            data_requests.ask_for_data(context, self.case, data_requests.DataWish.COPY, said="")
        return self.latest_errand()

    def paused(self) -> None:
        self.assessed()
        self.by("gu.qiang", clocks.pause_clock, self.case, "fixing", reason="part ordered")

    def more_time(self) -> int:
        self.assessed()
        return int(self.by("gu.qiang", clocks.ask_for_extension, self.case, "fixing", amount="2", reason="part").id)

    def reminded(self) -> int:
        self.assessed()
        assert isinstance(self.site.clock, StandingClock)
        self.site.clock.move(hours=5)
        tick(self.site)
        with self.site.database.reading(CAFE) as connection:
            found = open_reminders(connection, self.site.deployments, actor_of(self.site, "gu.qiang"))
        return next(each.id for each in found if each.number == self.started.number)

    def linked(self) -> str:
        number = self.second().number
        self.by("fang.lan", relations.link, self.case, number, reason="same day")
        return number

    def joined(self) -> str:
        number = self.second().number
        self.by("fang.lan", relations.join, self.case, number, reason="rang twice")
        return number

    def split(self, reason: str) -> int:
        relation = Relation(LinkKind.SPLIT, self.started.number, reason)
        return int(self.by("fang.lan", relations.start_related, "complaint", COMPLAINT, relation).case_id)

    def away(self, *, days: int = 3) -> int:
        now = self.site.now(CAFE)
        return int(
            self.by(
                "fang.lan",
                absences.arrange_absence,
                login="fang.lan",
                substitute="wei.min",
                begins_at=now + timedelta(days=400 + 10 * self.case),
                ends_at=now + timedelta(days=400 + 10 * self.case + days),
                reason="holidays",
            )
        )


@dataclass(frozen=True)
class Act:
    """One verb: how it is done, which event says so, how it is refused and why."""

    event: str
    does: Callable[[Scene], Any]
    refusal: str
    refused: Callable[[Scene], Any]
    stream: Callable[[Scene, Any], int] = lambda scene, _: scene.case


COMPANY: Callable[[Scene, Any], int] = lambda _scene, _done: 0  # noqa: E731 -- the stream of the company's own history
NEW: Callable[[Scene, Any], int] = lambda _scene, done: int(done)  # noqa: E731
ACTS: dict[str, Act] = {
    "register": Act(
        "start_case",
        lambda s: s.second().case_id,
        "not-in-group",
        lambda s: s.by("gu.qiang", cases.start, "complaint", COMPLAINT),
        NEW,
    ),
    "claim": Act(
        "claim_task",
        lambda s: s.by("fang.lan", user_tasks.claim, s.assess),
        "not-in-group",
        lambda s: s.by("gu.qiang", user_tasks.claim, s.assess),
    ),
    "release": Act(
        "release_task",
        lambda s: (s.by("fang.lan", user_tasks.claim, s.assess), s.by("fang.lan", user_tasks.release, s.assess)),
        "not-claimed-by-you",
        lambda s: s.by("fang.lan", user_tasks.release, s.assess),
    ),
    "submit": Act(
        "complete_task",
        lambda s: s.by("fang.lan", user_tasks.complete, s.assess, FOUNDED),
        "not-in-group",
        lambda s: s.by("gu.qiang", user_tasks.complete, s.assess, FOUNDED),
    ),
    "hand over": Act(
        "hand_over",
        lambda s: s.handed(),
        "not_yourself",
        lambda s: s.by("fang.lan", hand_overs.hand_over, s.assess, FANG, reason="x"),
    ),
    "accept a hand-over": Act(
        "accept_hand_over",
        lambda s: s.by("wei.min", hand_overs.accept_hand_over, s.handed()),
        "not-asked",
        lambda s: s.by("gu.qiang", hand_overs.accept_hand_over, s.handed()),
    ),
    "decline a hand-over": Act(
        "decline_hand_over",
        lambda s: s.by("wei.min", hand_overs.decline_hand_over, s.handed(), reason="full"),
        "required",
        lambda s: s.by("wei.min", hand_overs.decline_hand_over, s.handed(), reason=""),
    ),
    "hand over the case": Act(
        "hand_over",
        lambda s: s.by("fang.lan", hand_overs.hand_over_case, s.case, GU, reason="leave"),
        "not-answerable",
        lambda s: s.by("gu.qiang", hand_overs.hand_over_case, s.case, WEI, reason="x"),
    ),
    "delegate": Act(
        "delegate_task",
        lambda s: s.delegated(),
        "delegated",
        lambda s: (s.delegated(), s.by("fang.lan", delegations.delegate, s.assess, WEI, reason="or you")),
    ),
    "answer a delegation": Act(
        "answer_delegation",
        lambda s: s.by("gu.qiang", delegations.answer_delegation, s.delegated(), FOUNDED, answer=""),
        "not-asked",
        lambda s: s.by("wei.min", delegations.answer_delegation, s.delegated(), FOUNDED, answer=""),
    ),
    "ask for a signature": Act(
        "ask_signature",
        lambda s: s.to_sign(),
        "not-in-group",
        lambda s: s.by("gu.qiang", signatures.ask_signature, s.assess, WEI, before=True, reason="x"),
    ),
    "sign": Act(
        "sign_task",
        lambda s: s.by("gu.qiang", signatures.sign, s.to_sign(), agreed=True),
        "not-asked",
        lambda s: s.by("wei.min", signatures.sign, s.to_sign(), agreed=True),
    ),
    "do not sign": Act(
        "refuse_signature",
        lambda s: s.by("gu.qiang", signatures.sign, s.to_sign(), agreed=False, opinion="no"),
        "required",
        lambda s: s.by("gu.qiang", signatures.sign, s.to_sign(), agreed=False),
    ),
    "submit for signature": Act(
        "submit_for_signature",
        lambda s: (s.to_sign(before=False), s.by("fang.lan", user_tasks.complete, s.assess, FOUNDED)),
        "awaits-signature",
        lambda s: (s.to_sign(), s.by("fang.lan", user_tasks.complete, s.assess, FOUNDED)),
    ),
    "withdraw what was asked": Act(
        "withdraw_errand",
        lambda s: s.by("fang.lan", errands.withdraw_errand, s.to_sign(), reason="settled"),
        "not-asked-by-you",
        lambda s: s.by("wei.min", errands.withdraw_errand, s.to_sign(), reason="x"),
    ),
    "return": Act(
        "return_task",
        lambda s: s.by("gu.qiang", returns.return_task, s.assessed(), "assess", reason="which machine?"),
        "option",
        lambda s: s.by("gu.qiang", returns.return_task, s.assessed(), "confirm", reason="x"),
    ),
    "take back": Act(
        "take_back_task",
        lambda s: (s.assessed(), s.by("fang.lan", returns.take_back, s.assess, reason="a slip")),
        "gone-on",
        lambda s: (
            s.by("gu.qiang", user_tasks.claim, s.assessed()),
            s.by("fang.lan", returns.take_back, s.assess, reason="x"),
        ),
    ),
    "urge": Act(
        "urge_task",
        lambda s: s.urged(),
        "your-own-task",
        lambda s: (
            s.by("fang.lan", user_tasks.claim, s.assess),
            s.by("fang.lan", notices.urge, s.assess, reason="x"),
        ),
    ),
    "send a copy": Act(
        "copy_case",
        lambda s: s.copied(),
        "required",
        lambda s: s.by("fang.lan", notices.copy_to, s.assess, [GU], reason=""),
    ),
    "read a copy": Act(
        "read_copy",
        lambda s: s.by("gu.qiang", notices.note_errand, s.copied()),
        "not-asked",
        lambda s: s.by("wei.min", notices.note_errand, s.copied()),
    ),
    "see an urging": Act(
        "note_errand",
        lambda s: s.by("fang.lan", notices.note_errand, s.urged()),
        "wants-an-answer",
        lambda s: s.by("gu.qiang", notices.note_errand, s.to_sign()),
    ),
    "put off": Act(
        "snooze_task",
        lambda s: s.by(
            "fang.lan", notices.snooze, s.assess, s.site.now(CAFE) + timedelta(hours=3), reason="they call back"
        ),
        "in_the_future",
        lambda s: s.by("fang.lan", notices.snooze, s.assess, s.site.now(CAFE), reason="x"),
    ),
    "write a note": Act(
        "add_note",
        lambda s: s.by("wei.min", notices.add_note, s.case, "rang again"),
        "required",
        lambda s: s.by("wei.min", notices.add_note, s.case, " "),
    ),
    "stop a time limit": Act(
        "pause_clock",
        lambda s: s.paused(),
        "not-in-group",
        lambda s: (s.assessed(), s.by("fang.lan", clocks.pause_clock, s.case, "fixing", reason="x")),
    ),
    "let a time limit go on": Act(
        "resume_clock",
        lambda s: (s.paused(), s.by("gu.qiang", clocks.resume_clock, s.case, "fixing", reason="here")),
        "not-in-group",
        lambda s: (s.paused(), s.by("fang.lan", clocks.resume_clock, s.case, "fixing", reason="x")),
    ),
    "ask for more time": Act(
        "ask_extension",
        lambda s: s.more_time(),
        "max",
        lambda s: (
            s.assessed(),
            s.by("gu.qiang", clocks.ask_for_extension, s.case, "fixing", amount="13", reason="x"),
        ),
    ),
    "grant more time": Act(
        "grant_extension",
        lambda s: s.by("fang.lan", clocks.decide_extension, s.more_time(), granted=True, answer="yes"),
        "own-request",
        lambda s: s.by("gu.qiang", clocks.decide_extension, s.more_time(), granted=True, answer="yes"),
    ),
    "refuse more time": Act(
        "refuse_extension",
        lambda s: s.by("fang.lan", clocks.decide_extension, s.more_time(), granted=False, answer="no"),
        "required",
        lambda s: s.by("fang.lan", clocks.decide_extension, s.more_time(), granted=False, answer=""),
    ),
    "accept a reminder": Act(
        "accept_reminder",
        lambda s: s.by("gu.qiang", reminders.accept_reminder, s.reminded()),
        "not-in-group",
        lambda s: s.by("fang.lan", reminders.accept_reminder, s.reminded()),
    ),
    "link": Act(
        "link_case",
        lambda s: s.linked(),
        "related_already",
        lambda s: s.by("fang.lan", relations.link, s.case, s.linked(), reason="x"),
    ),
    "unlink": Act(
        "unlink_case",
        lambda s: s.by("fang.lan", relations.unlink, s.case, s.linked(), reason="another day"),
        "not_related",
        lambda s: s.by("fang.lan", relations.unlink, s.case, s.second().number, reason="x"),
    ),
    "join": Act(
        "join_case",
        lambda s: s.joined(),
        "same_case",
        lambda s: s.by("fang.lan", relations.join, s.case, s.started.number, reason="x"),
    ),
    "part": Act(
        "part_case",
        lambda s: s.by("fang.lan", relations.part, s.case, s.joined(), reason="another cup"),
        "not_related",
        lambda s: s.by("fang.lan", relations.part, s.case, s.second().number, reason="x"),
    ),
    "split": Act("split_off", lambda s: s.split("two matters"), "required", lambda s: s.split(""), NEW),
    "withdraw a letter": Act(
        "withdraw_letter",
        lambda s: s.by("fang.lan", letter_withdrawals.withdraw_letter, s.written_to(), 1, reason="wrong person"),
        "not-answerable",
        lambda s: s.by("gu.qiang", letter_withdrawals.withdraw_letter, s.written_to(), 1, reason="x"),
    ),
    "answer about data": Act(
        "answer_data",
        lambda s: s.by(ADMINISTRATOR, data_requests.hand_out_elsewhere, s.asked_about_data(), checked="called back"),
        "not-an-administrator",
        lambda s: s.by("fang.lan", data_requests.hand_out_elsewhere, s.asked_about_data(), checked="x"),
    ),
    "arrange an absence": Act(
        "arrange_absence", lambda s: s.away(), "after_its_begin", lambda s: s.away(days=0), COMPANY
    ),
    "end an absence": Act(
        "end_absence",
        lambda s: s.by("fang.lan", absences.end_absence, s.away()),
        "not-an-administrator",
        lambda s: s.by("wei.min", absences.end_absence, s.away()),
        COMPANY,
    ),
    "keep a filter": Act(
        "save_filter",
        lambda s: s.by("fang.lan", filters.save_filter, "late", view=View.MINE, where=Filter(late=True)),
        "not-in-group",
        lambda s: s.by("fang.lan", filters.save_filter, "x", view=View.MINE, where=Filter(), group="kitchen"),
        COMPANY,
    ),
    "remove a filter": Act(
        "remove_filter",
        lambda s: (
            s.by("fang.lan", filters.save_filter, "late", view=View.MINE, where=Filter(late=True)),
            s.by("fang.lan", filters.remove_filter, 1),
        ),
        "not-found",
        lambda s: s.by("fang.lan", filters.remove_filter, 4711),
        COMPANY,
    ),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    made = a_site(tmp_path_factory.mktemp("verbs"), clock=StandingClock())
    with_rules(made, '[work]\njoined = "stands"')
    return made


@pytest.mark.parametrize("verb", ACTS)
def test_the_verb_is_done_and_says_so_in_the_history(site: Site, verb: str) -> None:
    act, scene = ACTS[verb], Scene(site)

    stream = act.stream(scene, act.does(scene))

    assert scene.events(stream)[-1] == act.event


@pytest.mark.parametrize("verb", ACTS)
def test_the_verb_is_refused_with_the_reason(site: Site, verb: str) -> None:
    act, scene = ACTS[verb], Scene(site)
    said: list[str] = []
    try:
        act.refused(scene)
    except NotPermitted as error:
        said = [error.reason]
    except AnswersInvalid as error:
        said = [each.rule for each in error.errors]
    except NotFound:
        said = ["not-found"]
    except AlreadyDone:
        said = ["already-done"]

    assert said == [act.refusal]


def test_no_event_of_a_case_is_left_out() -> None:
    in_both_histories = {"take_in_case", "split_case"}  # of the other case, in the same transaction
    known = {act.event for act in ACTS.values()} & set(CaseAction)

    assert known | in_both_histories | OTHERS == {str(action) for action in CaseAction}
    assert not known & OTHERS
    assert {act.event for act in ACTS.values()} - known <= set(CompanyAction)


def test_the_page_lists_what_is_tested_here() -> None:
    rows = re.findall(
        r"^\| ([^|]+) \| ([^|]+) \| `([^`]+)` \| [^|]+ \| `([^`]+)` \|", PAGE.read_text("utf-8"), re.MULTILINE
    )

    assert {(verb.strip(), event, refusal) for verb, _, event, refusal in rows} == {
        (verb, act.event, act.refusal) for verb, act in ACTS.items()
    }
    named = {match for _, zh, _, _ in rows for match in re.findall(r"`(\w+)`", zh)}
    assert named == {str(verb) for verb in Verb}
