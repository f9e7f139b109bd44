from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.config.host import FactsHost
from keepalived_py.config.report import ErrorClass, Problem, Stage
from keepalived_py.lint.places import Places
from keepalived_py.lint.subject import Subject
from tests.lint.texts import FACTS, instance, server

if TYPE_CHECKING:
    from pathlib import Path


def places(tmp_path: Path, text: str) -> Places:
    path = tmp_path / "k.conf"
    path.write_text(text)
    return Places(Subject(str(path), host=FactsHost(FACTS), config_id="a"))


def said(message: str) -> Problem:
    return Problem(error_class=ErrorClass.GENERAL, message=message, stage=Stage.VRRP, position=0)


def test_a_message_about_a_block_points_at_the_statement_that_it_mentions(tmp_path: Path) -> None:
    node, _ = places(tmp_path, instance() + instance("nopreempt", name="V2", vrid=6)).of(said("(V2) nopreempt"), "")
    assert node is not None
    assert node.words == ["nopreempt"]
    assert node.line.line == 13


def test_an_entry_is_found_by_a_name_with_marks_in_it(tmp_path: Path) -> None:
    text = instance("track_interface {\neth0.7\neth0.77\neth0:7\n}")
    node, _ = places(tmp_path, text).of(said("(VI) track_interface eth0:7 is odd"), "")
    assert node is not None
    assert node.words == ["eth0:7"]


def test_a_service_is_found_by_its_address(tmp_path: Path) -> None:
    text = server() + server(head="virtual_server 198.51.100.11 80")
    node, _ = places(tmp_path, text).of(said("virtual server [198.51.100.11]:tcp:80 has no quorum"), "")
    assert node is not None
    assert node.line.line == 11


def test_the_kind_of_the_innermost_block_is_known_for_every_line(tmp_path: Path) -> None:
    found = places(tmp_path, server() + "nonsense\n")
    assert [found.kind_at(position).name for position in (1, 7, 8, 9, 10, 11, 12, 99)] == [
        "virtual_server",
        "real_server",
        "real_server",
        "TCP_CHECK",
        "TCP_CHECK",
        "real_server",
        "virtual_server",
        "",
    ]
