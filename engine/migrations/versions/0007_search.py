"""The words of cases, letters and files can be found; lists of cases are read from an index, the newest first."""

import sqlalchemy as sa
from alembic import op

from engine.migrations.fences import fence

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create_tables()
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE search_words "
            "USING fts5(pieces, content='', contentless_delete=1, detail=none, tokenize='ascii')"
        )
        _watch_on_sqlite()
    else:
        op.execute("CREATE SCHEMA search")
        op.execute("CREATE TABLE search.words (case_id bigint PRIMARY KEY, pieces integer[] NOT NULL)")
        op.execute("CREATE INDEX words_pieces ON search.words USING gin (pieces) WITH (gin_pending_list_limit = 512)")
        _watch_on_postgresql()
    op.execute("INSERT INTO search_queue (case_id, company_id, changes) SELECT id, company_id, 1 FROM cases")
    _order_lists()


def _order_lists() -> None:
    op.drop_index("ix_cases_list", table_name="cases")
    for name, columns, condition in (
        ("ix_cases_list", ["company_id", "started_at", "id"], None),
        ("ix_cases_open", ["company_id", "started_at", "id"], "ended_at IS NULL"),
        ("ix_cases_procedure", ["company_id", "procedure", "started_at", "id"], None),
        ("ix_cases_outcome", ["company_id", "outcome", "started_at", "id"], "outcome <> ''"),
    ):
        where = sa.text(condition) if condition else None
        op.create_index(name, "cases", columns, sqlite_where=where, postgresql_where=where)
    opened = sa.text("status = 'open'")
    columns = ["company_id", "element", "case_id"]
    op.create_index("ix_user_tasks_element", "user_tasks", columns, sqlite_where=opened, postgresql_where=opened)


def _create_tables() -> None:
    op.create_table(
        "search_queue",
        sa.Column("case_id", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_search_queue_company_id_companies")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_search_queue")),
    )
    op.create_table(
        "search_texts",
        sa.Column("case_id", _ROW_ID, nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_search_texts_case_id_cases")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_search_texts_company_id_companies")),
        sa.PrimaryKeyConstraint("case_id", "part", "ref", name=op.f("pk_search_texts")),
    )
    for table in ("search_queue", "search_texts"):
        fence(table)


#: Name, event, table, condition, whose words change (SQL for the case), what of them is forgotten at once.
#: An event that is written queues its case. What is erased or corrected cannot be found from that moment on.
_WATCHES = (
    ("grown", "INSERT", "history_events", "NEW.stream <> 0 AND NEW.action <> 'read_case'", "NEW", "stream", ""),
    ("erased", "DELETE", "history_values", "OLD.stream <> 0", "OLD", "stream",
     "(part = 'case' OR part = 'event' AND ref = CAST(OLD.seq AS TEXT))"),
    ("renamed", "UPDATE OF title, customer", "cases", "OLD.title <> NEW.title OR OLD.customer <> NEW.customer", "NEW",
     "id", "part = 'case'"),
    ("letter_changed", "UPDATE OF subject, body", "letters", "", "NEW", "case_id", "part = 'letter' AND ref = OLD.key"),
    ("letter_gone", "DELETE", "letters", "", "OLD", "case_id", "part = 'letter' AND ref = OLD.key"),
    ("file_gone", "DELETE", "attachments", "OLD.case_id IS NOT NULL", "OLD", "case_id",
     "part = 'file' AND ref = OLD.id"),
)  # fmt: skip


def _statements(row: str, case: str, forgotten: str) -> str:
    queue = (
        f"INSERT INTO search_queue (case_id, company_id, changes) VALUES ({row}.{case}, {row}.company_id, 1) "  # noqa: S608 -- names of this file
        "ON CONFLICT (case_id) DO UPDATE SET changes = search_queue.changes + 1; "
    )
    return (f"DELETE FROM search_texts WHERE case_id = {row}.{case} AND {forgotten}; " if forgotten else "") + queue  # noqa: S608 -- names of this file


def _watch_on_sqlite() -> None:
    for name, event, table, condition, row, case, forgotten in _WATCHES:
        when = f"WHEN {condition} " if condition else ""
        said = _statements(row, case, forgotten)
        op.execute(f"CREATE TRIGGER search_{name} AFTER {event} ON {table} FOR EACH ROW {when}BEGIN {said}END")


def _watch_on_postgresql() -> None:
    for name, event, table, condition, row, case, forgotten in _WATCHES:
        when = f"WHEN ({condition}) " if condition else ""
        said = _statements(row, case, forgotten)
        op.execute(
            f"CREATE FUNCTION search.{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {said}RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER search_{name} AFTER {event} ON {table} FOR EACH ROW {when}EXECUTE FUNCTION search.{name}()"
        )
