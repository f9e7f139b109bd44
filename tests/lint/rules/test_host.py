from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lint.texts import VIP, finds, instance, leaves, server

if TYPE_CHECKING:
    from pathlib import Path

GOOD = instance()

CASES: dict[str, tuple[str, str]] = {
    "H002": (
        instance(vip="virtual_ipaddress {\n«198.51.100.1/24»\n}"),
        instance(vip="virtual_ipaddress {\n198.51.100.1/24\n}", priority="priority 255"),
    ),
    "H003": (instance(vip="virtual_ipaddress {\n«198.51.100.10»\n}"), GOOD),
    "H004": (instance(vip="virtual_ipaddress {\n«192.0.2.10/24»\n}"), GOOD),
    "H005": (
        instance("unicast_src_ip «198.51.100.7»", "unicast_peer {\n198.51.100.2\n}"),
        instance("unicast_src_ip 198.51.100.1", "unicast_peer {\n198.51.100.2\n}"),
    ),
    "H006": (
        instance("unicast_src_ip 198.51.100.1", "unicast_peer {\n«203.0.113.1»\n}"),
        instance("unicast_src_ip 198.51.100.1", "unicast_peer {\n203.0.113.2\n}"),
    ),
    "H007": (
        instance("virtual_routes {\n192.0.2.0/24 via «10.9.9.9»\n}"),
        instance("virtual_routes {\n192.0.2.0/24 via 203.0.113.254\n}"),
    ),
    "H008": (
        "global_defs {\ndynamic_interfaces\n}\n" + instance().replace("interface eth0", "interface «etho0»"),
        "global_defs {\ndynamic_interfaces\n}\n" + GOOD,
    ),
    "H009": (server(head="«virtual_server 198.51.100.10 80»").replace("lvs_method DR", "lvs_method NAT"), server()),
    "H010": (instance(vip="virtual_ipaddress {\n«198.51.100.10/24»\n}"), instance("promote_secondaries", vip=VIP)),
    "H011": (
        instance(vip="virtual_ipaddress {\n«203.0.113.9/24» dev eth1\n}"),
        instance(vip="virtual_ipaddress {\n203.0.113.9/24 dev eth0\n}"),
    ),
}


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_finds_what_it_is_for_and_says_where(rule: str, tmp_path: Path) -> None:
    finds(tmp_path, rule, CASES[rule][0])


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_leaves_the_near_miss_alone(rule: str, tmp_path: Path) -> None:
    leaves(tmp_path, rule, CASES[rule][1])
