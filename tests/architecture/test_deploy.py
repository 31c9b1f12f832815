"""What the deployment files and the operations pages tell people to type exists, and the files can be read."""

from __future__ import annotations

import configparser
import re
import shlex
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.settings import Settings, read_settings
from webapp.cli.main import parser

_ROOT = Path(__file__).parents[2]
_DEPLOY = _ROOT / "deploy"
_PAGES = ("operations.md", "settings.md", "history-format.md", "security.md")
_UNITS = sorted(path.name for path in _DEPLOY.iterdir() if path.suffix in {".service", ".timer"})
#: Read by the database's own image and by database.sh.
_OTHERS = {"POSTGRES_PASSWORD", "POSTGRES_USER", "SHOUWEN_DATABASE_PASSWORD", "PORT"}
#: What whoever installs it brings, see operations.md.
_CERTIFICATE = "./certificate"
#: What each unit says of itself alone; all else is said in each of them and must not drift apart.
_OWN = ("Description", "After", "Wants", "StartLimit", "Exec", "Type", "Restart", "Timeout", "Nice", "ReadWritePaths")


def commands() -> Iterator[tuple[str, str]]:
    """Where something is said, and what stands behind ``shouwen``."""
    for name in _PAGES:
        text = re.sub(r"\$\([^)]*\)", "X", (_ROOT / "docs" / name).read_text("utf-8"))
        text = re.sub(r"(?<=[a-z])(\|[a-z]+)+", "", text)  # the first of a|b|c
        for found in re.findall(r"(?:`|[;&] ?|… |^)shouwen ([a-z][^`\n]*)", text, re.MULTILINE):
            yield name, found
    for path in _DEPLOY.iterdir():
        for found in re.findall(
            r"^Exec\w+=.*/opt/shouwen/bin/shouwen ([^'\n]*)'?$", path.read_text("utf-8"), re.MULTILINE
        ):
            yield path.name, re.sub(r"\$\([^)]*\)", "X", found)
    for name, service in compose()["services"].items():
        if command := service.get("command"):
            assert command[0] == "shouwen", name
            yield f"compose.yaml {name}", shlex.join(command[1:])
    started = re.findall(r"^CMD (.*)$", (_DEPLOY / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    for found in re.findall(r'shouwen ([^&"]+)', started[0]):
        yield "Dockerfile", found


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((_DEPLOY / "compose.yaml").read_text("utf-8"))
    return found


def settings() -> set[str]:
    return {f"SHOUWEN_{field.name.upper()}" for field in fields(Settings)} | _OTHERS


def test_every_command_that_people_are_told_to_type_exists() -> None:
    found = sorted(set(commands()))

    assert len(found) > 25
    for where, text in found:
        try:
            parser().parse_args(shlex.split(text))
        except SystemExit:
            pytest.fail(f"{where} says “shouwen {text}”, which the command line refuses")


def test_a_command_that_does_not_exist_would_be_noticed() -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["databse", "upgrade"])


def test_compose_names_only_what_it_has() -> None:
    found = compose()

    for name, service in found["services"].items():
        assert service.get("image") or service.get("build"), name
        assert set(service.get("depends_on", {})) <= set(found["services"]), name
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in found["volumes"] or (_DEPLOY / source).exists() or source == _CERTIFICATE, volume
        assert set(service.get("environment", {})) <= settings(), name
        for value in service.get("environment", {}).values():
            assert isinstance(value, str), f"{name}: {value!r} would not arrive as it is written"
        if "build" in service:
            assert (_DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
    assert found["services"]["web"]["command"] == ["shouwen", "serve"]
    assert found["services"]["worker"]["command"] == ["shouwen", "worker"]


def test_the_example_of_settings_names_settings() -> None:
    said = set(re.findall(r"^#?(\w+)=", (_DEPLOY / "settings.example.env").read_text("utf-8"), re.MULTILINE))

    assert said <= settings()
    assert {"SHOUWEN_DATABASE_URL", "SHOUWEN_BASE_URL", "SHOUWEN_VAR"} <= said


def test_a_request_takes_the_largest_file_that_a_form_takes_and_the_proxy_a_little_more() -> None:
    largest = max(
        int(size)
        for path in (_ROOT / "forms").rglob("*.yaml")
        for size in re.findall(r"max_mb: (\d+)", path.read_text())
    )
    let_in = re.findall(r"client_max_body_size (\d+)m;", (_DEPLOY / "nginx.conf").read_text("utf-8"))
    takes = read_settings({}).max_request_bytes

    assert largest == 20
    assert largest * 2**20 < takes - 1_000_000
    assert takes + 1_000_000 <= int(let_in[0]) * 2**20 < takes + 4_000_000


def test_the_image_sets_what_exists_and_compose_repeats_none_of_it() -> None:
    text = (_DEPLOY / "Dockerfile").read_text("utf-8")
    said = {pair.split("=")[0] for line in re.findall(r"^ENV (.*)$", text, re.MULTILINE) for pair in line.split()}
    repeated = {name for service in compose()["services"].values() for name in service.get("environment", {})}

    assert said <= settings()
    assert not said & repeated


def test_every_folder_that_compose_keeps_is_made_for_the_user_of_the_image() -> None:
    """A named volume takes owner and mode of the folder that it is laid over; without one root owns it."""
    text = (_DEPLOY / "Dockerfile").read_text("utf-8")
    made = re.search(r"&& mkdir -m 700 (.*?) && chown shouwen (.*)$", text, re.MULTILINE)
    kept = {volume.split(":")[1] for volume in compose()["services"]["web"]["volumes"]}

    assert made
    assert {path.removeprefix("/srv/shouwen/") for path in kept} <= set(made[1].split()) == set(made[2].split())


def test_what_a_checkout_gathers_stays_out_of_the_image() -> None:
    left_out = (_ROOT / ".dockerignore").read_text("utf-8").split()

    gathered = {line.strip("/") for line in (_ROOT / ".gitignore").read_text("utf-8").split()}
    caches = {name for name in gathered if name.endswith("_cache")}
    assert {"**/__pycache__", "**/node_modules", ".*_cache", ".git", "deploy/settings.env", "deploy/certificate"} <= {
        *left_out
    }
    assert gathered - caches - {"__pycache__", "*.pyc", "node_modules", "*.egg-info"} <= {*left_out}


def test_the_units_agree_on_user_settings_and_sandbox() -> None:
    said = {
        name: {line for line in (_DEPLOY / name).read_text("utf-8").splitlines() if "=" in line[1:] and line[0] != "#"}
        for name in _UNITS
        if name.endswith(".service")
    }
    shared = {
        name: {line for line in lines if not line.startswith((*_OWN, "WantedBy"))} for name, lines in said.items()
    }

    assert len(shared) == 3
    assert len({frozenset(lines) for lines in shared.values()}) == 1
    assert {"User=shouwen", "ProtectSystem=strict", "UMask=0077"} <= next(iter(shared.values()))


def test_what_is_installed_by_hand_is_what_the_units_look_for() -> None:
    page = (_ROOT / "docs/operations.md").read_text("utf-8")
    page = page[page.index("### With systemd") : page.index("### With compose")]

    for unit in _UNITS:
        text = (_DEPLOY / unit).read_text("utf-8")
        for path in re.findall(r"=(/(?:etc|var)/\S+)$", text, re.MULTILINE):
            assert path in page, f"{unit} needs {path}, which nobody is told to make"
    for source in re.findall(r"deploy/([\w.*-]+)", page):
        assert list(_DEPLOY.glob(source)), f"operations.md names deploy/{source}"


@pytest.mark.parametrize("name", _UNITS)
def test_a_unit_can_be_read(name: str) -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[method-assign,assignment]
    unit.read_string((_DEPLOY / name).read_text("utf-8"))

    assert unit["Unit"]["Description"].startswith("Shouwen")
    assert "Timer" in unit or unit["Service"]["User"] == "shouwen"
