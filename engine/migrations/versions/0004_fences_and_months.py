"""On PostgreSQL: rows are fenced by company, and the history lies in months. SQLite keeps what it has."""

from alembic import op

from engine.migrations.fences import fence

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_OF_COMPANIES = (
    "attachments", "calendars", "cases", "clocks", "counters", "date_moves", "deployments", "entrances", "extensions",
    "hearings", "history_events", "history_values", "idempotency", "incidents", "known_messages", "letters",
    "message_keys", "messages", "notices", "people", "procedures", "reminders", "schedules", "service_requests",
    "signals", "subscriptions", "user_tasks",
)  # fmt: skip
_OF_PEOPLE = ("memberships", "sessions", "tokens")


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    _divide_history()
    fence("companies", owner="id")
    for table in _OF_COMPANIES:
        fence(table)
    for table in _OF_PEOPLE:
        fence(table, owner="(SELECT company_id FROM people WHERE people.id = person_id)")


def _divide_history() -> None:
    """A key has to hold the column that rows are divided by, so each month keeps its own: (company, stream, seq)."""
    op.execute("ALTER TABLE history_events RENAME TO undivided")
    op.execute("ALTER TABLE undivided RENAME CONSTRAINT pk_history_events TO pk_undivided")
    op.execute(
        "CREATE TABLE history_events (LIKE undivided INCLUDING DEFAULTS, "
        "CONSTRAINT fk_history_events_company_id_companies FOREIGN KEY (company_id) REFERENCES companies (id)) "
        "PARTITION BY RANGE (at)"
    )
    for event, scope in (("UPDATE OR DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
        op.execute(
            f"CREATE TRIGGER history_events_no_{event.split()[0].lower()} BEFORE {event} ON history_events "
            f"FOR EACH {scope} EXECUTE FUNCTION history_events_no_update()"
        )
    op.execute("CREATE SCHEMA IF NOT EXISTS history")
    for function in (_FENCED, _OPENED):
        op.execute(function)
    op.execute("SELECT history.fenced('events_rest')")
    op.execute("ALTER TABLE history_events ATTACH PARTITION history.events_rest DEFAULT")
    op.execute(
        "SELECT history.opened(month) FROM (SELECT DISTINCT date_trunc('month', to_timestamp(at / 1000.0) "
        "AT TIME ZONE 'UTC')::date AS month FROM undivided) AS months"
    )
    op.execute("INSERT INTO history_events SELECT * FROM undivided")
    op.execute("DROP TABLE undivided")
    op.execute("DROP FUNCTION history_events_no_delete()")


#: A table for a part of the history that nobody reaches but through history_events: fenced without a policy.
_FENCED = """
CREATE FUNCTION history.fenced(part text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TABLE history.%I (LIKE history_events INCLUDING DEFAULTS, '
        'UNIQUE (company_id, stream, seq))', part);
    EXECUTE format('ALTER TABLE history.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', part);
    EXECUTE format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON history.%I '
        'FOR EACH STATEMENT EXECUTE FUNCTION history_events_no_update()', part);
END $$
"""
#: Whether the month was opened now. Events that came before their month was opened stay where they are, in the rest.
_OPENED = """
CREATE FUNCTION history.opened(month date) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    part text := 'events_' || to_char(month, 'YYYY_MM');
    begin_ms bigint := extract(epoch FROM date_trunc('month', month::timestamp)) * 1000;
    end_ms bigint := extract(epoch FROM date_trunc('month', month::timestamp) + interval '1 month') * 1000;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('history.opened'));
    IF to_regclass('history.' || part) IS NOT NULL THEN
        RETURN false;
    END IF;
    PERFORM history.fenced(part);
    EXECUTE format('ALTER TABLE history_events ATTACH PARTITION history.%I FOR VALUES FROM (%s) TO (%s)',
        part, begin_ms, end_ms);
    RETURN true;
EXCEPTION WHEN check_violation THEN
    RETURN false;
END $$
"""
