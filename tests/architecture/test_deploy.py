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

from engine.settings import Settings
from webapp.cli.main import parser

_ROOT = Path(__file__).parents[2]
_DEPLOY = _ROOT / "deploy"
_PAGES = ("operations.md", "settings.md", "history-format.md", "security.md")
_UNITS = sorted(path.name for path in _DEPLOY.iterdir() if path.suffix in {".service", ".timer"})
#: Read by the database's own image and by database.sh.
_OTHERS = {"POSTGRES_PASSWORD", "POSTGRES_USER", "SHOUWEN_DATABASE_PASSWORD", "PORT"}


def commands() -> Iterator[tuple[str, str]]:
    """Where something is said, and what stands behind ``shouwen``."""
    for name in _PAGES:
        text = re.sub(r"\$\([^)]*\)", "X", (_ROOT / "docs" / name).read_text("utf-8"))
        text = re.sub(r"(?<=[a-z])(\|[a-z]+)+", "", text)  # the first of a|b|c
        for found in re.findall(r"(?:`|[;&] ?|… |^)shouwen ([a-z][^`\n]*)", text, re.MULTILINE):
            yield name, found
    for path in _DEPLOY.iterdir():
        for found in re.findall(r"^Exec\w+=\S*/shouwen (.*)$", path.read_text("utf-8"), re.MULTILINE):
            yield path.name, found
    for name, service in compose()["services"].items():
        if command := service.get("command"):
            assert command[0] == "shouwen", name
            yield f"compose.yaml {name}", shlex.join(command[1:])
    for found in re.findall(r'^CMD \["shouwen", (.*)\]$', (_DEPLOY / "Dockerfile").read_text("utf-8"), re.MULTILINE):
        yield "Dockerfile", found.replace('"', "").replace(",", "")


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
            assert source in found["volumes"] or (_DEPLOY / source).exists(), volume
        assert set(service.get("environment", {})) <= settings(), name
        for value in service.get("environment", {}).values():
            assert isinstance(value, str), f"{name}: {value!r} would not arrive as it is written"
        if "build" in service:
            assert (_DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
    assert found["services"]["web"]["command"] == ["shouwen", "serve"]
    assert found["services"]["worker"]["command"] == ["shouwen", "worker"]


def test_the_example_of_settings_names_settings() -> None:
    lines = (_DEPLOY / "settings.example.env").read_text("utf-8").splitlines()

    assert {line.split("=")[0] for line in lines if line and not line.startswith("#")} <= settings()


@pytest.mark.parametrize("name", _UNITS)
def test_a_unit_can_be_read(name: str) -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[method-assign,assignment]
    unit.read_string((_DEPLOY / name).read_text("utf-8"))

    assert unit["Unit"]["Description"].startswith("Shouwen")
    assert "Timer" in unit or unit["Service"]["User"] == "shouwen"
