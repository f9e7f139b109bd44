from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lint.texts import finds_among, instance, leaves_among

if TYPE_CHECKING:
    from pathlib import Path

GOOD = (instance(priority="priority 150"), instance(priority="priority 100"))
OTHER_VIP = "virtual_ipaddress {\n198.51.100.11/24\n}"

CLUSTERS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "C001": ((GOOD[0], GOOD[1].replace("virtual_router_id 5", "virtual_router_id «6»")), GOOD),
    "C002": ((GOOD[0], instance("version «3»")), (instance("version 3"), instance("version 3"))),
    "C003": ((GOOD[0], instance("advert_int «2»")), (instance("advert_int 2"), instance("advert_int 2"))),
    "C004": (
        (
            instance("authentication {\nauth_type PASS\nauth_pass one\n}"),
            instance("authentication {\nauth_type PASS\nauth_pass «two»\n}"),
        ),
        (
            instance("authentication {\nauth_type PASS\nauth_pass sesame12\n}"),
            instance("authentication {\nauth_type PASS\nauth_pass sesame123\n}"),
        ),
    ),
    "C006": ((GOOD[0], instance("mcast_dst_ip «224.0.0.19»")), (instance("mcast_dst_ip 224.0.0.18"), GOOD[1])),
    "C007": (
        (instance("version 3"), instance("version 3", "v3_checksum_as_v2", name="«VI»")),
        (instance("version 2"), instance("version 2", "v3_checksum_as_v2")),
    ),
    "C012": (
        (instance(), instance(name="OTHER", vip=OTHER_VIP).replace("virtual_router_id 5", "virtual_router_id «5»")),
        (instance(), instance(name="OTHER", vip=OTHER_VIP).replace("interface eth0", "interface eth1")),
    ),
    "C013": ((GOOD[0], instance("«use_vmac»")), (instance("use_vmac"), instance("use_vmac"))),
    "C020": (
        tuple(
            instance("auth_hmac {\nkey 1 0123456789abcdef0123456789abcdef\nactive_key 1\n}", name=name)
            for name in ("«VI»", "VI")
        ),
        tuple(
            instance("auth_hmac {\nanti_replay monotonic\nkey 1 0123456789abcdef0123456789abcdef\n}") for _ in range(2)
        ),
    ),
}


@pytest.mark.parametrize("rule", CLUSTERS)
def test_a_rule_finds_what_keeps_nodes_apart_and_says_where(rule: str, tmp_path: Path) -> None:
    finds_among(tmp_path, rule, CLUSTERS[rule][0])


@pytest.mark.parametrize("rule", CLUSTERS)
def test_a_rule_leaves_nodes_alone_that_fit(rule: str, tmp_path: Path) -> None:
    leaves_among(tmp_path, rule, CLUSTERS[rule][1])
