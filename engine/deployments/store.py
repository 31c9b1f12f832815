"""Reading deployments from the database and keeping the compiled ones at hand."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from engine.calendars import Calendars, calendars_from_json
from engine.errors import NotFound
from engine.feel import Evaluation, FeelError, compile_expression
from engine.forms import Option, personal_fields, phone_fields
from engine.forms.model import ChoiceField, FilesField, TextAreaField, TextField, answered
from engine.interpreter import Definition, compile_definition
from engine.prepared import Prepared
from engine.procedures import Company, Package, calendars_of, company_from_file, package_from_files
from engine.procedures.intake import option_lists
from engine.tables import calendars, companies, deployments, procedures

#: Every file in a deployment's zip carries this date, so that equal content gives equal bytes.
_ZIP_DATE: Final = (1980, 1, 1, 0, 0, 0)


_OWN_WORDS: Final = (TextAreaField, FilesField)
#: What the history's own words are is not sealed, whatever a form calls its fields.
_OF_EVENTS: Final = frozenset(
    {"request", "facts", "status", "calendar", "kind", "key", "data", "process", "name", "id", "event", "to"}
)


@dataclass(frozen=True)
class Deployment:
    """One version of one procedure, ready to run."""

    id: int
    version: int
    package: Package

    @cached_property
    def definition(self) -> Definition:
        """Compiled on first use: lists of procedures need only the package."""
        return compile_definition(self.package)

    @cached_property
    def personal_names(self) -> frozenset[str]:
        """The fields of all the procedure's forms that hold personal values; of a field in rows its own name.

        Those that the forms call so, and what people write in their own words or attach: it may name anybody.
        """
        forms = self.package.forms.values()
        paths = {path for form in forms for path in personal_fields(form)}
        own_words = {path for form in forms for path, field in answered(form) if isinstance(field, _OWN_WORDS)}
        return _names(paths) | (_names(own_words) - _OF_EVENTS)

    @cached_property
    def written_names(self) -> frozenset[str]:
        """Those of the personal names whose values are texts that may stand elsewhere too, and no choice or number."""
        found = (answered(form) for form in self.package.forms.values())
        texts = {path for fields in found for path, field in fields if isinstance(field, (TextField, TextAreaField))}
        return _names(texts) & self.personal_names

    @cached_property
    def caller_fields(self) -> tuple[str, ...]:
        """The answers that may hold the telephone number of who complains, in the order of the intake forms."""
        begin = self.package.start
        forms = [self.package.forms[name] for name in (begin.form, begin.public_form) if name in self.package.forms]
        return tuple(dict.fromkeys(name for form in forms for name in phone_fields(form)))

    def is_unhappy(self, data: Mapping[str, Any], *, now: datetime) -> bool:
        """Whether a case with that data says that its customer is not satisfied."""
        said = self.package.case.satisfied
        if not said:
            return False
        try:
            return compile_expression(said).evaluate_in(Evaluation(data, now=now)) is False
        except FeelError:
            return False

    @cached_property
    def trees(self) -> Mapping[str, Sequence[Option]]:
        """The fields whose options stand under others, by their names in the data."""
        found = (answered(form) for form in self.package.forms.values())
        choices = ((path, field) for fields in found for path, field in fields if isinstance(field, ChoiceField))
        options = ((path, field.options) for path, field in choices if isinstance(field.options, tuple))
        return {path: each for path, each in options if any(one.under for one in each)}

    @cached_property
    def time_zone(self) -> ZoneInfo:
        """The company's: what its people call today."""
        return ZoneInfo(self.package.company.time_zone)

    @cached_property
    def lists(self) -> Mapping[str, Sequence[Option]]:
        """The option lists that come from the company and not from a form."""
        return option_lists(self.package.company)


class DeploymentStore:
    """The compiled deployments of this process. Safe to share between threads: what it keeps never changes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._deployments: dict[int, Deployment] = {}
        self._companies: dict[bytes, Company] = {}
        self._calendars: dict[str, Calendars] = {}
        self._sound: set[str] = set()

    def load(self, connection: sa.Connection, deployment_id: int) -> Deployment:
        """The deployment with that id, compiled on first use. The caller has checked whose it is."""
        if found := self._deployments.get(deployment_id):
            return found
        row = connection.execute(sa.select(deployments).where(deployments.c.id == deployment_id)).one()
        deployment = Deployment(row.id, row.version, package_from_files(unpack_files(row.files)))
        with self._lock:
            return self._deployments.setdefault(deployment_id, deployment)

    def current(self, connection: sa.Connection, company_id: str, procedure: str) -> Deployment:
        """The newest deployment of a procedure. Raises NotFound."""
        found = _CURRENT.tuples(connection, {"company": company_id, "wanted": procedure})
        if not found:
            raise NotFound("procedure", f"{company_id}/{procedure}")
        return self.load(connection, found[0][0])

    def version(self, connection: sa.Connection, company_id: str, procedure: str, version: int) -> Deployment:
        """That version of a procedure. Raises NotFound."""
        t = deployments.c
        found = connection.execute(
            sa.select(t.id).where(t.company_id == company_id, t.procedure == procedure, t.version == version)
        ).scalar()
        if found is None:
            raise NotFound("version", f"{company_id}/{procedure} {version}")
        return self.load(connection, found)

    def versions(self, connection: sa.Connection, company_id: str, procedure: str) -> tuple[int, ...]:
        """The version numbers of a procedure, the newest first."""
        t = deployments.c
        statement = sa.select(t.version).where(t.company_id == company_id, t.procedure == procedure)
        return tuple(connection.execute(statement.order_by(t.version.desc())).scalars())

    def all_current(self, connection: sa.Connection, company_id: str) -> tuple[Deployment, ...]:
        """The newest deployment of every procedure of the company, in the order of their ids."""
        t = procedures
        ids = connection.execute(
            sa.select(t.c.deployment_id).where(t.c.company_id == company_id).order_by(t.c.procedure)
        ).scalars()
        return tuple(self.load(connection, found) for found in ids.all())

    def company(self, connection: sa.Connection, company_id: str) -> Company:
        """The company as deployed last: its names, groups and calendar. Raises NotFound."""
        rows = _PROFILE.tuples(connection, {"company": company_id})
        if not rows:
            raise NotFound("company", company_id)
        profile = bytes(rows[0][0])
        if (found := self._companies.get(profile)) is None:
            with self._lock:
                found = self._companies.setdefault(profile, company_from_file(profile))
        return found

    def is_sound(self, digest: str) -> bool:
        """Whether files of that digest were checked in this process and have no errors."""
        return digest in self._sound

    def remember_sound(self, digest: str) -> None:
        """The files of that digest have no errors, now and ever: what they say is all that a check looks at."""
        self._sound.add(digest)

    def calendars(self, connection: sa.Connection, company_id: str, digest: str | None = None) -> Calendars:
        """The company's calendars with that digest, None = those in force. Raises NotFound."""
        if digest is None:
            in_force = _CALENDAR.tuples(connection, {"company": company_id})
            digest = in_force[0][0] if in_force else None
        if not digest:  # deployed before calendars were kept
            return calendars_of(self.company(connection, company_id))
        if (found := self._calendars.get(digest)) is None:
            t = calendars.c
            content = connection.execute(
                sa.select(t.content).where(t.company_id == company_id, t.digest == digest)
            ).scalar()
            if content is None:
                raise NotFound("calendar", digest)
            with self._lock:
                found = self._calendars.setdefault(digest, calendars_from_json(content))
        return found

    def all_calendars(self, connection: sa.Connection, company_id: str) -> tuple[Calendars, ...]:
        """Every version that the company's time limits were ever counted over."""
        t = calendars.c
        kept = connection.execute(sa.select(t.digest).where(t.company_id == company_id)).scalars().all()
        return tuple(self.calendars(connection, company_id, digest) for digest in ("", *kept))


_CURRENT: Final = Prepared(
    sa.select(procedures.c.deployment_id).where(
        procedures.c.company_id == sa.bindparam("company"), procedures.c.procedure == sa.bindparam("wanted")
    )
)
_PROFILE: Final = Prepared(sa.select(companies.c.profile).where(companies.c.id == sa.bindparam("company")))
_CALENDAR: Final = Prepared(sa.select(companies.c.calendar).where(companies.c.id == sa.bindparam("company")))


def _names(paths: Iterable[str]) -> frozenset[str]:
    return frozenset(path.rsplit(".", 1)[-1] for path in paths)


def pack_files(files: Mapping[str, bytes]) -> bytes:
    """A zip of *files* that is the same for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(path, _ZIP_DATE), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def unpack_files(packed: bytes) -> dict[str, bytes]:
    """The files of `pack_files`; only for zips this installation wrote itself."""
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}
