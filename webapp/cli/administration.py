"""``user add``, ``token create``, ``doctor``: running an installation."""

from __future__ import annotations

import argparse
import getpass
import sys

from engine.commands.people import add_person, create_token
from engine.complaints import SYSTEM, Actor
from engine.sqlite import sqlite_module
from webapp.cli.site import opened


def add_parsers(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    user = verbs.add_parser("user", help="people").add_subparsers(required=True, metavar="ACTION")
    add = user.add_parser("add", help="add a person; the password is asked for, or read from standard input")
    add.add_argument("company")
    add.add_argument("login")
    add.add_argument("--name", required=True, help="as colleagues write it")
    add.add_argument("--group", action="append", default=[], help="may be given several times")
    add.add_argument("--administrator", action="store_true")
    add.set_defaults(run=_add_user)
    token = verbs.add_parser("token", help="API tokens").add_subparsers(required=True, metavar="ACTION")
    create = token.add_parser("create", help="create a token that acts as a person; it is shown once")
    create.add_argument("company")
    create.add_argument("login")
    create.add_argument("--name", default="token", help="what it is for")
    create.set_defaults(run=_create_token)
    verbs.add_parser("doctor", help="check settings and database").set_defaults(run=_doctor)


def _add_user(given: argparse.Namespace) -> int:
    password = getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if not password:
        raise ValueError("expected a password, found none")
    with opened() as site:
        with site.database.reading(given.company) as connection:
            company = site.deployments.company(connection, given.company)
        unknown = [group for group in given.group if group not in company.groups]
        if unknown:
            raise ValueError(f"expected groups of {company.id}, found {unknown}; it has: {', '.join(company.groups)}")
        with site.acting(Actor(given.company, SYSTEM)) as context:
            add_person(
                context,
                login=given.login,
                name={company.language: given.name},
                groups=given.group,
                password=password,
                administrator=given.administrator,
            )
    print(f"added: {given.login} of {given.company}")
    return 0


def _create_token(given: argparse.Namespace) -> int:
    with opened() as site, site.acting(Actor(given.company, SYSTEM)) as context:
        token = create_token(context, login=given.login, name=given.name)
    print(token)
    return 0


def _doctor(_given: argparse.Namespace) -> int:
    with opened() as site:
        with site.database.reading_every_company() as connection:
            connection.exec_driver_sql("SELECT 1")
            if site.database.is_sqlite:
                verdict = connection.exec_driver_sql("PRAGMA integrity_check").scalar_one()
                print(f"database: SQLite {sqlite_module().sqlite_version}, integrity {verdict}")
            else:
                print("database: answers")
        settings = site.settings
        print(f"data: {settings.var}")
        print(f"mail: {'set' if settings.mail_url else 'not set, letters are kept for printing'}")
        if settings.host not in {"127.0.0.1", "localhost"} and not settings.secure_cookies:
            print("warning: open to the network without SHOUWEN_SECURE_COOKIES; put HTTPS in front and set it")
            return 1
    return 0
