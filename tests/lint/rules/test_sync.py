from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lint.texts import finds, instance, leaves

if TYPE_CHECKING:
    from pathlib import Path

GOOD = instance()

CASES: dict[str, tuple[str, str]] = {
    "V015": (
        GOOD
        + instance(name="V2", vrid=6, priority="priority «90»", vip="virtual_ipaddress {\n198.51.100.11\n}")
        + "vrrp_sync_group G {\ngroup {\nVI\nV2\n}\n}\n",
        GOOD
        + instance(name="V2", vrid=6, vip="virtual_ipaddress {\n198.51.100.11\n}")
        + "vrrp_sync_group G {\ngroup {\nVI\nV2\n}\n}\n",
    ),
    "V016": (
        instance("nopreempt")
        + instance(name="«V2»", vrid=6, vip="virtual_ipaddress {\n198.51.100.11\n}")
        + "vrrp_sync_group G {\ngroup {\nVI\nV2\n}\n}\n",
        instance("nopreempt")
        + instance("nopreempt", name="V2", vrid=6, vip="virtual_ipaddress {\n198.51.100.11\n}")
        + "vrrp_sync_group G {\ngroup {\nVI\nV2\n}\n}\n",
    ),
    "V027": (
        "global_defs {\nlvs_sync_daemon eth0 «VJ»\n}\n" + GOOD,
        "global_defs {\nlvs_sync_daemon eth0 VI\n}\n" + GOOD,
    ),
}


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_finds_what_it_is_for_and_says_where(rule: str, tmp_path: Path) -> None:
    finds(tmp_path, rule, CASES[rule][0])


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_leaves_the_near_miss_alone(rule: str, tmp_path: Path) -> None:
    leaves(tmp_path, rule, CASES[rule][1])
