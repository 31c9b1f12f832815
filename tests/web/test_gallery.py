"""The gallery: in a demonstration every procedure is a picture and opens a sandbox; elsewhere there is none."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from engine.procedures import collect_files, find_packages, package_from_files
from tests.support.site import CAFE, a_site
from tests.web.application import an_app
from tests.web.browser import Browser
from webapp.demonstration import create_demonstration
from webapp.gallery import written

ROOT = Path(__file__).parents[2]


def test_the_folder_of_pictures_shows_the_packages_as_they_are() -> None:
    packages = [
        package_from_files(collect_files(ROOT / "processes", ROOT / "forms", ref))
        for ref in find_packages(ROOT / "processes")
    ]
    sheets = [str(path.relative_to(ROOT / "docs/gallery")) for path in (ROOT / "docs/gallery").rglob("*.forms.webp")]
    wanted = written(packages, sheets)
    kept = {
        str(path.relative_to(ROOT / "docs/gallery")): path.read_text(encoding="utf-8")
        for path in (ROOT / "docs/gallery").rglob("*")
        if path.suffix in {".svg", ".md"}
    }

    different = {name for name in wanted.keys() | kept.keys() if wanted.get(name) != kept.get(name)}
    assert different == set(), "run: shouwen gallery docs/gallery"


def test_there_is_no_gallery_where_nobody_demonstrates(app: Flask) -> None:
    visitor = app.test_client()

    assert visitor.get("/gallery").status_code == 404
    assert visitor.get(f"/gallery/{CAFE}/complaint.svg").status_code == 404


def test_a_visitor_sees_pictures_and_tries_a_procedure_in_a_sandbox(tmp_path: Path) -> None:
    site = a_site(tmp_path / "site")
    create_demonstration(site)
    visitor = Browser(an_app(site))

    assert "Harbour Café" in visitor.open("/gallery").words
    picture = visitor.client.get(f"/gallery/{CAFE}/complaint.svg")
    assert (picture.status_code, picture.mimetype) == (200, "image/svg+xml")
    assert picture.text.startswith("<svg ")
    assert visitor.client.get(f"/gallery/{CAFE}/nothing.svg").status_code == 404

    look = visitor.open(f"/gallery/{CAFE}/complaint")
    assert "What happened" in look.words
    assert visitor.client.get(f"/gallery/{CAFE}/complaint.svg?file=complaint.bpmn").text == picture.text
    assert visitor.client.get(f"/gallery/{CAFE}/nothing").status_code == 404

    tried = visitor.client.post(f"/gallery/{CAFE}", data={"csrf_token": visitor.csrf()})
    assert (tried.status_code, tried.location) == (303, "/sandbox")
    assert "time" in visitor.open("/sandbox").words
