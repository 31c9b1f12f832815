"""Packages are found on disk, and nothing outside them is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import NotFound, PackageRefused
from engine.procedures import PackageRef, collect_files, find_packages, read_package
from tests.procedures.packages import files

COMPLAINT = PackageRef("acme", "complaint")


def write(root: Path, ref: PackageRef = COMPLAINT, **changes: str | None) -> None:
    for path, content in files(**changes).items():
        base = root / "forms" / ref.company if path.startswith("forms/") else root / "processes" / ref.company
        inside = Path(ref.procedure) / path.removeprefix("forms/") if path != "company.toml" else Path(path)
        (base / inside).parent.mkdir(parents=True, exist_ok=True)
        (base / inside).write_bytes(content)


def collect(root: Path) -> dict[str, bytes]:
    return collect_files(root / "processes", root / "forms", PackageRef("acme", "complaint"))


def test_packages_are_found_in_order(tmp_path: Path) -> None:
    write(tmp_path, PackageRef("zeta", "return"))
    write(tmp_path, PackageRef("acme", "return"))
    write(tmp_path)

    found = find_packages(tmp_path / "processes")

    assert [str(ref) for ref in found] == ["acme/complaint", "acme/return", "zeta/return"]


def test_files_stand_where_a_deployment_has_them(tmp_path: Path) -> None:
    write(tmp_path)
    for folder in ("common", "acme/common"):
        (tmp_path / "forms" / folder).mkdir(parents=True)
        (tmp_path / "forms" / folder / "lists.yaml").write_text("channels: []")
    (tmp_path / "processes/acme/complaint/README.md").write_text("notes")
    (tmp_path / "processes/acme/complaint/.hidden").write_text("")

    assert list(collect(tmp_path)) == [
        "clauses.toml",
        "company.toml",
        "complaint.bpmn",
        "forms/check.yaml",
        "forms/common/lists.yaml",
        "forms/company/lists.yaml",
        "forms/intake.yaml",
        "procedure.toml",
        "scenarios/founded.toml",
        "texts/en.toml",
        "texts/zh-Hans.toml",
    ]


def test_a_package_is_read_from_disk(tmp_path: Path) -> None:
    write(tmp_path)

    package = read_package(tmp_path / "processes", tmp_path / "forms", PackageRef("acme", "complaint"))

    assert (package.company.id, package.id) == ("acme", "complaint")


def test_lists_of_the_company_replace_common_ones(tmp_path: Path) -> None:
    option = "channels: [{{ value: {value}, label: {{ zh-Hans: 渠道, en: Channel }} }}]"
    channel = "  - { id: channel, type: choice, label: { zh-Hans: 渠道, en: Channel }, options: { from: channels } }\n"
    write(tmp_path, intake=files()["forms/intake.yaml"].decode() + channel)
    for folder, value in (("common", "phone"), ("acme/common", "counter")):
        (tmp_path / "forms" / folder).mkdir(parents=True)
        (tmp_path / "forms" / folder / "lists.yaml").write_text(option.format(value=value))

    package = read_package(tmp_path / "processes", tmp_path / "forms", PackageRef("acme", "complaint"))

    assert [one.value for one in package.forms["intake"].fields[-1].choices({})] == ["counter"]


def test_an_id_that_is_not_the_folder_is_refused(tmp_path: Path) -> None:
    write(tmp_path, PackageRef("acme", "return"))

    with pytest.raises(PackageRefused) as refused:
        read_package(tmp_path / "processes", tmp_path / "forms", PackageRef("acme", "return"))

    assert [finding.rule for finding in refused.value.findings] == ["id-not-folder"]


def test_an_unknown_package_is_not_found_with_a_hint(tmp_path: Path) -> None:
    write(tmp_path)

    with pytest.raises(NotFound, match='did you mean "acme/complaint"'):
        collect_files(tmp_path / "processes", tmp_path / "forms", PackageRef("acme", "complain"))


@pytest.mark.parametrize("ref", [PackageRef("..", "acme"), PackageRef("acme/complaint", "..")])
def test_a_path_is_no_package(tmp_path: Path, ref: PackageRef) -> None:
    write(tmp_path)

    with pytest.raises(NotFound):
        collect_files(tmp_path / "processes", tmp_path / "forms", ref)


def test_a_link_out_of_the_package_is_refused(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "processes/acme/complaint/texts/zh-Hant.toml").symlink_to(tmp_path / "secret")

    with pytest.raises(PackageRefused) as refused:
        collect(tmp_path)

    assert [finding.rule for finding in refused.value.findings] == ["file-is-link"]


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    write(tmp_path)
    with (tmp_path / "processes/acme/complaint/big.dmn").open("wb") as file:
        file.truncate(5_000_000_000)

    with pytest.raises(PackageRefused) as refused:
        collect(tmp_path)

    assert refused.value.findings[0].message == "expected big.dmn to have at most 2000000 bytes, found 5000000000"
