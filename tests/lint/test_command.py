from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest

from keepalived_py.config.host import AnyHost
from keepalived_py.lint.command import check_files
from tests.lint.texts import instance

if TYPE_CHECKING:
    from pathlib import Path


def run(*paths: object, **settings: str) -> tuple[int, str, list[str]]:
    output, complaints = io.StringIO(), list[str]()
    status = check_files(
        [str(path) for path in paths],
        host=AnyHost(),
        config_id="a",
        settings={name.replace("_", "-"): value for name, value in settings.items()},
        output=output,
        complain=complaints.append,
    )
    return status, output.getvalue(), complaints


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "k.conf"
    path.write_text(instance("restart"))
    return path


def test_a_clean_file_ends_with_0_and_a_broken_one_with_1(broken: Path, tmp_path: Path) -> None:
    clean = tmp_path / "clean.conf"
    clean.write_text(instance())
    assert run(clean)[:2] == (0, "1 file: no findings\n")
    assert run(broken)[0] == 1


def test_a_directory_is_unreadable(tmp_path: Path) -> None:
    status, text, complaints = run(tmp_path)
    assert status == 2
    assert "error[K006]" in text
    assert complaints == [f"keepalived-py: {tmp_path}: cannot be read"]


def test_colours_are_used_when_asked_for_and_never_in_a_file(broken: Path) -> None:
    assert "\x1b[" in run(broken, color="always")[1]
    assert "\x1b[" not in run(broken)[1]
    assert "\x1b[" not in run(broken, color="always", format="json")[1]


def test_each_format_is_written(broken: Path) -> None:
    assert json.loads(run(broken, format="json")[1])["counts"]["error"] == 1
    assert json.loads(run(broken, format="sarif")[1])["version"] == "2.1.0"
    assert run(broken, format="github")[1].startswith("::error file=")


@pytest.mark.parametrize("setting", [{"format": "xml"}, {"fail_on": "note"}, {"color": "red"}, {"select": "Q1"}])
def test_a_wrong_setting_is_refused(setting: dict[str, str], broken: Path) -> None:
    status, text, complaints = run(broken, **setting)
    assert (status, text, len(complaints)) == (2, "", 1)


def test_a_rule_is_explained_without_a_file() -> None:
    status, text, _ = run(explain="S004")
    assert status == 0
    assert text.startswith("S004 (error): shell syntax without a shell")
    assert run(explain="S999")[0] == 2
