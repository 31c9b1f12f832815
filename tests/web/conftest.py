"""One installation for each module: its tests add to it and never count what others did."""

from __future__ import annotations

import pytest
from flask import Flask

from engine.commands.site import Site
from tests.support.site import a_site
from tests.web.application import an_app


@pytest.fixture(scope="module")
def site(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Site:
    return a_site(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def app(site: Site) -> Flask:
    return an_app(site)
