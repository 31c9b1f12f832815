"""A second company on the same installation, with the same procedure and the same logins."""

from __future__ import annotations

import shutil
from pathlib import Path

from engine.commands.cases import Started, start
from engine.commands.people import add_person
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from tests.support.cafe import COMPLAINT
from tests.support.site import CAFE, COMPANIES, PASSWORD, actor_of, deploy_folder

NEIGHBOUR = "hill-cafe"


def add_neighbour(site: Site, folder: Path) -> Started:
    """Deploy the neighbour and give it one case; its login ``fang.lan`` has a password of its own."""
    for kind in ("processes", "forms"):
        shutil.copytree(COMPANIES / kind / CAFE, folder / kind / NEIGHBOUR)
    company = folder / "processes" / NEIGHBOUR / "company.toml"
    company.write_text(company.read_text().replace(CAFE, NEIGHBOUR))
    deploy_folder(site, folder / "processes", folder / "forms")
    with site.acting(Actor(NEIGHBOUR, SYSTEM)) as context:
        add_person(context, login="fang.lan", name={"en": "Other Fang"}, groups=["front"], password=PASSWORD + "!")
        add_person(context, login="hill.only", name={"en": "Hill"}, groups=["front"], password=PASSWORD)
    with site.acting(actor_of(site, "fang.lan", NEIGHBOUR)) as context:
        return start(context, "complaint", {**COMPLAINT, "summary": "secret of the neighbour"})
