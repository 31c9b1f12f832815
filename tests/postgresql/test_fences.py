"""On PostgreSQL a transaction sees and writes one company, whatever the statements forget."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from engine.commands.notes import note, noted
from engine.commands.site import Site
from engine.database import DatabaseAway
from engine.tables import attachments, cases, installation, memberships, metadata, people, sessions, user_tasks
from tests.support.cafe import a_complaint, a_round
from tests.support.site import CAFE, a_site
from tests.web.application import an_app
from tests.web.browser import staff
from tests.web.neighbour import NEIGHBOUR, add_neighbour


@pytest.fixture(scope="module")
def site(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two companies with a case each, one of them with more."""
    made = a_site(tmp_path_factory.mktemp("site"))
    a_round(made, a_complaint(made).case_id)
    add_neighbour(made, tmp_path_factory.mktemp("neighbour"))
    staff(an_app(made), "fang.lan")
    return made


def test_statements_stay_prepared_from_one_transaction_to_the_next(site: Site) -> None:
    asked = sa.select(people.c.name).where(people.c.login == sa.bindparam("login"))
    site.database.close()  # one connection from here on
    for _ in range(6):  # the driver prepares what it has seen five times
        with site.database.reading(CAFE) as connection:
            connection.execute(asked, {"login": "fang.lan"})
    with site.database.reading(CAFE) as connection:
        kept = connection.execute(sa.text("SELECT statement FROM pg_prepared_statements")).scalars().all()

    assert [text for text in kept if "people.login = $1" in text] != []


def test_every_table_is_fenced(site: Site) -> None:
    with site.database.reading_every_company() as connection:
        found = connection.execute(
            sa.text(
                "SELECT relname, relrowsecurity AND relforcerowsecurity, "
                "array(SELECT polname::text FROM pg_policy WHERE polrelid = pg_class.oid ORDER BY polname) "
                "FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace "
                "AND relname <> 'alembic_version'"
            )
        ).all()

    assert {name for name, _, _ in found} == set(metadata.tables)
    assert [name for name, fenced, _ in found if not fenced] == []
    assert {tuple(policies) for _, _, policies in found} == {("company", "every_company", "migration")}


def _companies_in(connection: sa.Connection, table: sa.Table) -> set[str]:
    """Whose rows a statement without any condition finds."""
    if "company_id" in table.c:
        return set(connection.execute(sa.select(table.c.company_id)).scalars())
    if table.name == "companies":
        return set(connection.execute(sa.select(table.c.id)).scalars())
    if table.name in {"installation", "workers"}:  # of no company
        return set(connection.execute(sa.select(table.c.name)).scalars())
    persons = set(connection.execute(sa.select(table.c.person_id)).scalars())
    return set(connection.execute(sa.select(people.c.company_id).where(people.c.id.in_(persons))).scalars())


def test_without_a_condition_a_company_finds_its_own_rows_in_every_table(site: Site) -> None:
    of_both = 0
    for table in metadata.tables.values():
        with site.database.reading_every_company() as connection:
            everything = _companies_in(connection, table)
        for company in (CAFE, NEIGHBOUR):
            with site.database.reading(company) as connection:
                assert _companies_in(connection, table) == everything & {company}, table.name
        of_both += everything == {CAFE, NEIGHBOUR}

    assert of_both >= 9, "the rest of the tables holds rows of one company only and proves less"


def test_what_the_installation_remembers_is_no_companys(site: Site) -> None:
    note(site.database, "secret", "c0ffee", now=site.clock())

    with site.database.transaction(CAFE) as connection:
        assert connection.execute(sa.select(installation)).all() == []
        assert connection.execute(sa.delete(installation)).rowcount == 0
    assert noted(site.database, "secret") is not None


def test_memberships_and_sessions_belong_to_the_company_of_their_person(site: Site) -> None:
    with site.database.reading(CAFE) as connection:
        assert len(connection.execute(sa.select(memberships)).all()) == 4
        assert len(connection.execute(sa.select(sessions)).all()) == 1
    with site.database.reading(NEIGHBOUR) as connection:
        assert connection.execute(sa.select(sessions)).all() == []


@pytest.mark.parametrize("name", ["", "nobody", "*read", "*write", "x' OR '1'='1", "a'; SELECT 1; --", "\0", "%s", "Ä"])
def test_what_is_no_company_of_this_installation_owns_nothing(site: Site, name: str) -> None:
    with site.database.reading(name) as connection:
        assert connection.execute(sa.select(cases.c.id)).all() == []
        assert connection.execute(sa.select(people.c.id)).all() == []


def test_a_connection_that_nobody_bound_to_a_company_finds_nothing(site: Site) -> None:
    with site.database.engine.connect() as connection:
        assert connection.execute(sa.select(cases.c.id)).all() == []


def test_rows_of_another_company_can_be_neither_changed_nor_deleted(site: Site) -> None:
    with site.database.transaction(CAFE) as connection:
        foreign = people.c.company_id == NEIGHBOUR
        assert connection.execute(sa.update(people).where(foreign).values(active=False)).rowcount == 0
        assert connection.execute(sa.delete(user_tasks).where(user_tasks.c.company_id == NEIGHBOUR)).rowcount == 0
        assert connection.execute(sa.delete(sessions)).rowcount == 1
        connection.rollback()


def test_rows_cannot_be_written_for_another_company(site: Site) -> None:
    row = {"id": "x", "company_id": NEIGHBOUR, "sha256": "0", "name": "a", "media_type": "a", "size": 1}
    with (
        pytest.raises(sa.exc.ProgrammingError, match="row-level security"),
        site.database.transaction(CAFE) as connection,
    ):
        connection.execute(
            sa.text("INSERT INTO attachments VALUES (:id, :company_id, NULL, '0', 'a', 'a', 1, 0, 'a')"), row
        )
    with site.database.reading_every_company() as connection:
        assert connection.execute(sa.select(attachments.c.id)).all() == []


def test_rows_cannot_be_given_away_to_another_company(site: Site) -> None:
    with (
        pytest.raises(sa.exc.ProgrammingError, match="row-level security"),
        site.database.transaction(CAFE) as connection,
    ):
        connection.execute(sa.update(people).values(company_id=NEIGHBOUR))


def test_who_reads_across_companies_writes_nothing(site: Site) -> None:
    with (
        pytest.raises(DatabaseAway, match="ReadOnlySqlTransaction"),
        site.database.reading_every_company() as connection,
    ):
        connection.execute(sa.update(people).values(active=False))


def test_the_company_does_not_outlive_its_transaction(site: Site) -> None:
    for _ in range(30):
        with site.database.transaction(CAFE) as connection:
            connection.execute(sa.select(cases.c.id)).all()
    with site.database.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT current_setting('shouwen.company', true)").scalar() == ""


def test_parts_of_the_history_show_nothing_by_themselves(site: Site) -> None:
    with site.database.reading_every_company() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM history_events").scalar_one() > 5
        parts = connection.exec_driver_sql(
            "SELECT oid::regclass::text FROM pg_class WHERE relispartition AND relkind = 'r'"
        )
        counts = [connection.exec_driver_sql(f"SELECT count(*) FROM {part}").scalar_one() for (part,) in parts.all()]
    assert len(counts) >= 5
    assert set(counts) == {0}
