from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lint.texts import check, finds_among, instance, leaves_among, of, script

if TYPE_CHECKING:
    from pathlib import Path

TRACKED = "track_script {\nchk\n}"

CLUSTERS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "C017": (
        (
            script("weight 2") + instance("track_script {\n«chk»\n}", priority="priority 150"),
            script() + instance(TRACKED),
        ),
        (
            script("weight -60") + instance(TRACKED, priority="priority 150"),
            script("weight -60") + instance(TRACKED, priority="priority 100"),
        ),
    ),
    "C018": (
        (
            script("weight -60") + instance("track_script {\n«chk»\n}", priority="priority 150"),
            script("weight -60") + instance(TRACKED, "nopreempt"),
        ),
        (
            script() + instance(TRACKED, priority="priority 150"),
            script() + instance(TRACKED, "nopreempt"),
        ),
    ),
}


@pytest.mark.parametrize("rule", CLUSTERS)
def test_a_rule_finds_what_keeps_nodes_apart_and_says_where(rule: str, tmp_path: Path) -> None:
    finds_among(tmp_path, rule, CLUSTERS[rule][0])


@pytest.mark.parametrize("rule", CLUSTERS)
def test_a_rule_leaves_nodes_alone_that_fit(rule: str, tmp_path: Path) -> None:
    leaves_among(tmp_path, rule, CLUSTERS[rule][1])


def test_a_weight_of_an_address_owner_has_no_part_in_the_table(tmp_path: Path) -> None:
    owner = script("weight -20") + instance(TRACKED, priority="priority 255")
    other = script("weight -20") + instance(TRACKED, priority="priority 100")
    result = check(tmp_path, owner, other)
    assert [one.node for one in of(result, "C017")] == ["b"]
    assert [table.scripts for table in result.tables] == [[("b", "chk")]]


def test_a_weight_that_a_sync_group_ignores_is_not_said_to_be_too_small(tmp_path: Path) -> None:
    grouped = (
        script("weight 2")
        + instance(TRACKED, priority="priority 150")
        + instance(name="V2", vrid=6, vip="virtual_ipaddress {\n198.51.100.11/24\n}")
        + "vrrp_sync_group G {\ngroup {\nVI\nV2\n}\n}\n"
    )
    alone = script("weight 2") + instance(TRACKED)
    assert [one.node for one in of(check(tmp_path, grouped, alone), "C017")] == ["b"]
