"""``support ask``: whoever runs the installation asks a company to let somebody of the platform look, masked."""

from __future__ import annotations

import argparse

from engine.commands.support import ask_support, support_login
from engine.complaints import Actor
from webapp.cli.site import opened


def add_parsers(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    support = verbs.add_parser("support", help="looking into a company that agrees").add_subparsers(
        required=True, metavar="ACTION"
    )
    asking = support.add_parser(
        "ask", help="ask its administrators; prints the user name and code that work once they agree"
    )
    asking.add_argument("company")
    asking.add_argument("--who", required=True, metavar="NAME", help="who will look")
    asking.add_argument("--reason", required=True)
    asking.set_defaults(run=_ask)


def _ask(given: argparse.Namespace) -> int:
    with opened() as site, site.acting(Actor.system(given.company)) as context:
        context.deployments.company(context.connection, given.company)
        request_id, code = ask_support(context, who=given.who, reason=given.reason)
    print(f"request {request_id}; once an administrator has agreed under Settings, Support access:")
    print(f"user name {support_login(request_id)}  company {given.company}  code {code}")
    return 0
