from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.lint.diagnostic import Severity
from tests.lint.texts import check, instance, of, script

if TYPE_CHECKING:
    from pathlib import Path


GOOD = (instance(priority="priority 150"), instance(priority="priority 100"))
TRACKED = "track_script {\nchk\n}"


def test_nodes_that_fit_have_no_error_at_all(tmp_path: Path) -> None:
    found = check(tmp_path, *GOOD).diagnostics
    assert [one for one in found if one.severity == Severity.ERROR] == []


def test_the_same_router_is_found_by_its_addresses_whatever_its_name(tmp_path: Path) -> None:
    result = check(tmp_path, instance(name="LEFT"), instance(name="RIGHT", priority="priority 90"))
    assert of(result, "C016") == []
    assert of(result, "C012") == []


def test_two_routers_of_one_node_are_never_put_together(tmp_path: Path) -> None:
    two = instance() + instance(name="V2", vrid=6)
    assert [one.message for one in of(check(tmp_path, two, two), "C001")] == []


def test_a_table_is_drawn_for_each_router_that_tracks_scripts(tmp_path: Path) -> None:
    nodes = (script("weight 2") + instance(TRACKED, priority=f"priority {priority}") for priority in (150, 100))
    tables = check(tmp_path, *nodes).tables
    assert [table.title for table in tables] == ["Virtual router 5 (VI: 198.51.100.10)"]
    assert len(tables[0].rows) == 4


def test_equal_owners_are_an_error(tmp_path: Path) -> None:
    owner = instance(priority="priority 255")
    assert [one.severity for one in of(check(tmp_path, owner, owner), "C009")] == [Severity.ERROR]
