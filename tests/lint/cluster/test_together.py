from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lint.texts import finds_among, instance, leaves_among, script

if TYPE_CHECKING:
    from pathlib import Path

TRACKED = "track_script {\nchk\n}"
GOOD = (instance(priority="priority 150"), instance(priority="priority 100"))
OTHER_VIP = "virtual_ipaddress {\n198.51.100.11/24\n}"

CLUSTERS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "C014": (
        (script() + instance(TRACKED), instance(name="«VI»")),
        (script() + instance(TRACKED), script() + instance(TRACKED)),
    ),
    "C015": (
        (
            GOOD[0] + instance(name="V2", vrid=6, vip=OTHER_VIP) + "vrrp_sync_group G {\ngroup {\nVI\nV2\n}\n}\n",
            instance(name="«VI»") + instance(name="«V2»", vrid=6, vip=OTHER_VIP),
        ),
        (
            GOOD[0] + instance(name="V2", vrid=6, vip=OTHER_VIP) + "vrrp_sync_group G {\ngroup {\nVI\nV2\n}\n}\n",
            GOOD[1] + instance(name="V2", vrid=6, vip=OTHER_VIP) + "vrrp_sync_group H {\ngroup {\nV2\nVI\n}\n}\n",
        ),
    ),
    "C016": ((GOOD[0], GOOD[1] + instance(name="«V2»", vrid=6, vip=OTHER_VIP)), GOOD),
}


@pytest.mark.parametrize("rule", CLUSTERS)
def test_a_rule_finds_what_keeps_nodes_apart_and_says_where(rule: str, tmp_path: Path) -> None:
    finds_among(tmp_path, rule, CLUSTERS[rule][0])


@pytest.mark.parametrize("rule", CLUSTERS)
def test_a_rule_leaves_nodes_alone_that_fit(rule: str, tmp_path: Path) -> None:
    leaves_among(tmp_path, rule, CLUSTERS[rule][1])
