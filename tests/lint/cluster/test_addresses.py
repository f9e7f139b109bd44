from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lint.texts import finds_among, instance, leaves_among

if TYPE_CHECKING:
    from pathlib import Path


def unicast(source: str, *peers: str, mark: str = "unicast_peer", priority: int = 100) -> str:
    lines = "\n".join(peers)
    return instance(f"unicast_src_ip {source}", f"{mark} {{\n{lines}\n}}", priority=f"priority {priority}")


CLUSTERS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "C005": (
        (
            instance(vip="virtual_ipaddress {\n198.51.100.10/24\n198.51.100.11/24\n}"),
            instance(name="«VI»"),
        ),
        (
            instance(vip="virtual_ipaddress {\n198.51.100.10/24\n198.51.100.11/24\n}"),
            instance(vip="virtual_ipaddress {\n198.51.100.11/24\n198.51.100.10/24\n}"),
        ),
    ),
    "C008": (
        (
            unicast("198.51.100.1", "198.51.100.2", priority=150),
            unicast("198.51.100.2", "198.51.100.3", mark="«unicast_peer»"),
        ),
        (unicast("198.51.100.1", "198.51.100.2", priority=150), unicast("198.51.100.2", "198.51.100.1")),
    ),
    "C019": (
        (
            unicast("198.51.100.1", "198.51.100.2", priority=150),
            unicast("198.51.100.1", "198.51.100.2").replace("198.51.100.1\n", "«198.51.100.1»\n", 1),
        ),
        (unicast("198.51.100.1", "198.51.100.2", priority=150), unicast("198.51.100.2", "198.51.100.1")),
    ),
}


@pytest.mark.parametrize("rule", CLUSTERS)
def test_a_rule_finds_what_keeps_nodes_apart_and_says_where(rule: str, tmp_path: Path) -> None:
    finds_among(tmp_path, rule, CLUSTERS[rule][0])


@pytest.mark.parametrize("rule", CLUSTERS)
def test_a_rule_leaves_nodes_alone_that_fit(rule: str, tmp_path: Path) -> None:
    leaves_among(tmp_path, rule, CLUSTERS[rule][1])
