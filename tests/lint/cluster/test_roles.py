from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lint.texts import finds_among, instance, leaves_among

if TYPE_CHECKING:
    from pathlib import Path

GOOD = (instance(priority="priority 150"), instance(priority="priority 100"))

CLUSTERS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "C009": ((instance(), instance(priority="priority «100»")), GOOD),
    "C010": (
        (instance("state MASTER"), instance("state «MASTER»")),
        (instance("state MASTER"), instance("state BACKUP")),
    ),
    "C011": (
        (instance("nopreempt"), instance(priority="priority 150", name="«VI»")),
        (instance("nopreempt", priority="priority 150"), instance()),
    ),
}


@pytest.mark.parametrize("rule", CLUSTERS)
def test_a_rule_finds_what_keeps_nodes_apart_and_says_where(rule: str, tmp_path: Path) -> None:
    finds_among(tmp_path, rule, CLUSTERS[rule][0])


@pytest.mark.parametrize("rule", CLUSTERS)
def test_a_rule_leaves_nodes_alone_that_fit(rule: str, tmp_path: Path) -> None:
    leaves_among(tmp_path, rule, CLUSTERS[rule][1])
