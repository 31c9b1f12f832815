"""People from a table: what each row would do, and doing it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from engine.commands.context import Context
from engine.commands.credentials import hashed, readable_secret
from engine.commands.people import (
    NO_PROFILE,
    Profile,
    add_person,
    is_login,
    is_mail,
    keep_given_password,
    write_change,
)
from engine.commands.positions import require_held
from engine.procedures import Company
from engine.procedures.package import with_their_groups
from engine.text import Text

#: Rows of one table. Each new person costs a password hash, which takes long on purpose.
MAX_PEOPLE: Final = 500
#: What the columns may be called in the first row, in any language, without blanks and in small letters.
COLUMNS: Final[Mapping[str, frozenset[str]]] = {
    "login": frozenset({"login", "username", "用户名", "使用者名稱", "帐号", "账号", "帳號", "登录名"}),
    "name": frozenset({"name", "姓名", "名字"}),
    "english": frozenset({"english", "englishname", "英文名", "英文姓名"}),
    "groups": frozenset({"groups", "group", "岗位组", "崗位組", "组", "岗位"}),
    "department": frozenset({"department", "部门", "部門", "所属部门", "所屬部門"}),
    "position": frozenset({"position", "jobtitle", "职务", "職務", "职位", "職位"}),
    "mail": frozenset({"mail", "email", "e-mail", "邮箱", "電子郵件", "电子邮件", "電郵"}),
    "rights": frozenset({"rights", "权限", "權限"}),
}
_BETWEEN: Final = re.compile(r"[;；,，、/|\n]+")
_ADMINISTRATOR: Final = frozenset({"administrator", "admin", "管理员", "管理員"})
_OWNER: Final = frozenset({"owner", "流程负责人", "流程負責人"})


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody who is there already, as far as a table can change them."""

    id: int
    name: Text
    groups: tuple[str, ...]
    administrator: bool
    owner: bool
    active: bool
    profile: Profile = NO_PROFILE


@dataclass(frozen=True, slots=True)
class Line:
    """What one row of the table would do."""

    row: int  #: as the spreadsheet counts, the headings are 1
    login: str
    name: str
    english: str = ""
    groups: tuple[str, ...] = ()  #: ids
    administrator: bool = False
    owner: bool = False
    profile: Profile = NO_PROFILE
    person_id: int | None = None  #: of the colleague it changes
    state: str = "new"  #: ``new``, ``changed``, ``same`` or ``wrong``
    problem: str = ""  #: ``login``, ``name``, ``groups``, ``rights``, ``mail``, ``twice``, ``left`` or ``too-many``
    found: str = ""  #: what the problem is about, as it stands in the table

    def text(self, language: str) -> Text:
        return {language: self.name, **({"en": self.english} if self.english and language != "en" else {})}


@dataclass(frozen=True, slots=True)
class Headings:
    """Where the columns stand; *missing* are those that a table needs and has not."""

    at: Mapping[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


def headings_of(row: Sequence[str]) -> Headings:
    """Which column of the table is which, by the words of its first row."""
    said = [re.sub(r"\s", "", cell).lower() for cell in row]
    at = {key: index for key, names in COLUMNS.items() for index, word in enumerate(said) if word in names}
    if "groups" not in at and "department" in at:  # as tables name the groups that have no column of their own
        at["groups"] = at["department"]
    return Headings(at, tuple(key for key in ("login", "name") if key not in at))


def plan_people(rows: Sequence[Sequence[str]], company: Company, known: Mapping[str, Known]) -> tuple[Line, ...]:
    """What each row after the headings would do in *company*; *known* are its people by login. Headings are good."""
    at = headings_of(rows[0]).at
    seen: set[str] = set()
    lines = []
    for number, row in enumerate(rows[1:], start=2):
        line = _line(number, {key: row[index] for key, index in at.items()}, company)
        if not line.problem and number > MAX_PEOPLE + 1:
            line = _wrong(line, "too-many", str(MAX_PEOPLE))
        if not line.problem and line.login in seen:
            line = _wrong(line, "twice", line.login)
        seen.add(line.login)
        lines.append(line if line.problem else _beside(line, known.get(line.login), company, has=frozenset(at)))
    return tuple(lines)


def first_passwords(lines: Iterable[Line]) -> dict[str, tuple[str, str]]:
    """Login of every new person -> the first password and its hash. Takes long; nobody's lock is held meanwhile."""
    passwords = {line.login: readable_secret(3) for line in lines if line.state == "new"}
    return {login: (password, hashed(password)) for login, password in passwords.items()}


def bring_people(
    context: Context, lines: Iterable[Line], passwords: Mapping[str, tuple[str, str]], *, language: str
) -> tuple[int, int]:
    """Add and change people as planned, wrong rows left out; how many were added and changed.

    Whether every position is held is asked when all are done: one row takes it, another one gives it.
    Raises what `add_person` and `change_person` raise; then nothing is done.
    """
    added = changed = 0
    lost: set[str] = set()
    for line in lines:
        name, groups = line.text(language), line.groups
        if line.state == "new":
            person_id = add_person(
                context,
                login=line.login,
                name=name,
                groups=groups,
                administrator=line.administrator,
                owner=line.owner,
                profile=line.profile,
            )
            keep_given_password(context, person_id, line.login, passwords[line.login][1])
            added += 1
        elif line.state == "changed" and line.person_id is not None:
            lost |= write_change(
                context,
                line.person_id,
                name=name,
                groups=groups,
                administrator=line.administrator,
                owner=line.owner,
                profile=line.profile,
            )
            changed += 1
    require_held(context, lost)
    return added, changed


def _line(number: int, cells: Mapping[str, str], company: Company) -> Line:
    login, name = cells["login"].strip(), cells["name"].strip()
    named = {words.strip().lower(): group.id for group in company.groups.values() for words in group.name.values()}
    named |= {id_: id_ for id_ in company.groups}
    wanted = [part.strip() for part in _BETWEEN.split(cells.get("groups", "")) if part.strip()]
    groups = frozenset(named[part.lower()] for part in wanted if part.lower() in named)
    rights = {part.strip().lower() for part in _BETWEEN.split(cells.get("rights", "")) if part.strip()}
    line = Line(
        row=number,
        login=login,
        name=name,
        english=cells.get("english", "").strip(),
        groups=_groups(company, cells, groups, named),
        administrator=bool(rights & _ADMINISTRATOR),
        owner=bool(rights & _OWNER),
        profile=Profile(*(cells.get(key, "").strip()[:200] for key in ("mail", "department", "position"))),
    )
    if not is_login(login):
        return _wrong(line, "login", login)
    if not name or len(name) > 100:  # noqa: PLR2004 -- as the page has it
        return _wrong(line, "name", name[:100])
    if unknown := [part for part in wanted if part.lower() not in named]:
        return _wrong(line, "groups", "、".join(unknown)[:200])
    if line.profile.mail and not is_mail(line.profile.mail):
        return _wrong(line, "mail", line.profile.mail[:200])
    if unknown := sorted(rights - _ADMINISTRATOR - _OWNER):
        return _wrong(line, "rights", "、".join(unknown)[:200])
    return line


def _groups(
    company: Company, cells: Mapping[str, str], groups: frozenset[str], named: Mapping[str, str]
) -> tuple[str, ...]:
    """*groups*, and the position that the row's job title says in its department, else in each of them."""
    title, department = (cells.get(key, "").strip().lower() for key in ("position", "department"))
    held = [each for each in company.positions.values() if title in {words.lower() for words in each.name.values()}]
    within = {named[department]} if department in named else groups
    of = {each.within(group) for each in held for group in within} & company.groups.keys()
    return tuple(sorted(with_their_groups(groups | of)))


def _beside(line: Line, found: Known | None, company: Company, *, has: frozenset[str]) -> Line:
    """The line as it changes somebody who is there; columns that the table lacks change nothing."""
    if found is None:
        return line
    if not found.active:
        return _wrong(line, "left", line.login)
    own = company.language
    was = Line(
        row=line.row,
        login=line.login,
        name=found.name.get(own, ""),
        english=found.name.get("en", "") if own != "en" else "",
        groups=found.groups,
        administrator=found.administrator,
        owner=found.owner,
        profile=found.profile,
        person_id=found.id,
    )
    wanted = Line(
        row=line.row,
        login=line.login,
        name=line.name,
        english=line.english if "english" in has else was.english,
        groups=line.groups if "groups" in has else was.groups,
        administrator=line.administrator if "rights" in has else was.administrator,
        owner=line.owner if "rights" in has else was.owner,
        profile=Profile(
            line.profile.mail.lower() if "mail" in has else was.profile.mail,
            line.profile.department if "department" in has else was.profile.department,
            line.profile.position if "position" in has else was.profile.position,
        ),
        person_id=found.id,
    )
    return _as(wanted, "same" if wanted == was else "changed")


def _wrong(line: Line, problem: str, found: str) -> Line:
    return _as(line, "wrong", problem, found)


def _as(line: Line, state: str, problem: str = "", found: str = "") -> Line:
    return replace(line, state=state, problem=problem, found=found)
