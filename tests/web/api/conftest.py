"""One installation for each module, and programs that act for its people."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from engine.commands.people import create_token
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from tests.support.site import CAFE
from tests.web.api.program import Program


@pytest.fixture(scope="module")
def program(site: Site, app: Flask) -> Callable[[str], Program]:
    """A program that acts for the person with that login."""

    def acting_for(login: str) -> Program:
        with site.acting(Actor(CAFE, SYSTEM)) as context:
            return Program(app, create_token(context, login=login, name="tests"))

    return acting_for


@pytest.fixture(scope="module")
def front(program: Callable[[str], Program]) -> Program:
    return program("fang.lan")
