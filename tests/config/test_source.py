from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from keepalived_py.config.report import Report
from keepalived_py.config.source import BRACE, DIRECTIVES, MATCH, READ, WILDCARD, Source, check_readable

if TYPE_CHECKING:
    from pathlib import Path


def test_carriage_returns_and_a_missing_last_newline_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "c.conf"
    path.write_bytes(b"a\r\n\r\nb")
    source = Source(Report())
    assert source.open(str(path), 0)
    assert list(source.lines()) == ["a", "", "b"]


def test_a_line_too_long_is_reported_and_its_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "c.conf"
    path.write_bytes(b"x" * 1023 + b"rest\nnext\n")
    report = Report()
    source = Source(report)
    source.open(str(path), 0)
    assert list(source.lines()) == ["", "rest", "next"]
    assert report.lines(testing=True) == ["(Line 1) line too long - ignoring"]


def test_a_line_with_nul_bytes_is_reported_and_dropped(tmp_path: Path) -> None:
    path = tmp_path / "c.conf"
    path.write_bytes(b"a\0b\nc\n")
    report = Report()
    source = Source(report)
    source.open(str(path), 0)
    assert list(source.lines()) == ["", "c"]
    assert report.lines(testing=True) == ["(Line 1) configuration appears to have embedded NULs - ignoring line"]


@pytest.mark.parametrize(
    ("pattern", "directive", "fatal"),
    [
        ("missing.conf", "", False),
        ("missing.conf", "r", False),
        ("missing.conf", "m", True),
        ("missing.conf", "a", True),
        ("*.nothing", "m", False),
        ("*.nothing", "w", True),
        ("{c,missing}.conf", "b", True),
        ("{c,missing}.conf", "m", False),
        ("executable.sh", "", False),
        ("executable.sh", "r", True),
        (".", "r", True),
    ],
)
def test_what_an_include_insists_on_is_fatal(tmp_path: Path, pattern: str, directive: str, fatal: bool) -> None:
    (tmp_path / "c.conf").write_text("a\n")
    script = tmp_path / "executable.sh"
    script.write_text("a\n")
    script.chmod(0o755)
    source = Source(Report())
    source.open(f"{tmp_path}/{pattern}", DIRECTIVES[directive])
    assert source.failed is fatal


def test_the_directives_add_up() -> None:
    assert DIRECTIVES["a"] == READ | MATCH | WILDCARD | BRACE


def test_several_files_of_one_pattern_are_read_with_a_warning(tmp_path: Path) -> None:
    for name in "ba":
        (tmp_path / f"{name}.conf").write_text(f"in {name}\n")
    report = Report()
    assert check_readable(f"{tmp_path}/*.conf", report)
    source = Source(report)
    source.open(f"{tmp_path}/*.conf", 0)
    assert list(source.lines()) == ["in a", "in b"]
    assert report.exit_status(testing=True) == 5


def test_a_missing_file_stops_a_start_but_not_a_test() -> None:
    report = Report()
    assert not check_readable("/nonexistent/keepalived.conf", report)
    assert report.lines(testing=True) == ["Config files missing '/nonexistent/keepalived.conf'."]
    assert report.exit_status(testing=True) == 0
    assert report.exit_status(testing=False) == 6


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not read")
def test_a_file_that_may_not_be_read_gives_status_four(tmp_path: Path) -> None:
    path = tmp_path / "c.conf"
    path.write_text("a\n")
    path.chmod(0)
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o755)
    report = Report()
    os.seteuid(65534)
    try:
        assert not check_readable(str(path), report)
    finally:
        os.seteuid(0)
    assert report.lines(testing=True) == [f"Unable to read configuration file {path}"]
    assert report.exit_status(testing=True) == 4
    assert report.exit_status(testing=False) == 6


def test_a_directory_is_no_configuration(tmp_path: Path) -> None:
    report = Report()
    assert not check_readable(str(tmp_path), report)
    assert report.exit_status(testing=False) == 6


def test_a_file_that_grew_while_it_was_read_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "c.conf"
    path.write_text("a\n")
    plain_read = os.read

    def read(_descriptor: int, _count: int) -> bytes:
        monkeypatch.setattr(os, "read", plain_read)
        with path.open("a") as stream:
            stream.write("b\n")
        return b"a\n"

    monkeypatch.setattr(os, "read", read)
    source = Source(Report())
    source.open(str(path), 0)
    assert list(source.lines()) == ["a", "b"]


def test_a_file_is_included_as_often_as_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "c.conf").write_text("a\n")
    source = Source(Report())
    for _ in range(3):
        assert source.open(f"{tmp_path}/c.conf", 0)
    assert list(source.lines()) == ["a"] * 3
