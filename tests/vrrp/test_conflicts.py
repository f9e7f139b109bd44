"""Who has whose place."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

from keepalived_py.vrrp.conflicts import find_conflicts
from tests.vrrp.notation import wanted

BASES = {"eth0": "eth0", "eth1": "eth1", "mac0": "eth0", "mac1": "eth0"}


def on(interface: str, name: str, **settings: object) -> object:
    return replace(wanted(name), interface=interface, **settings)  # type: ignore[arg-type]


def conflicts(*instances: object) -> dict[str, str]:
    return find_conflicts(instances, BASES.get)  # type: ignore[arg-type]


def test_one_router_id_on_one_wire_is_the_firsts() -> None:
    assert conflicts(on("mac0", "A"), on("eth0", "B"), on("mac1", "C")) == {"B": "A", "C": "A"}


def test_another_wire_router_id_family_or_group_is_another_router() -> None:
    group = IPv4Address("224.0.0.99")
    assert conflicts(on("eth0", "A"), on("eth1", "B"), on("mac0", "C", virtual_router_id=52)) == {}
    assert conflicts(on("eth0", "A"), on("mac0", "B", multicast_group=group), on("mac1", "C", family=6)) == {}


def test_unicast_routers_and_those_whose_interface_is_not_there_are_in_nobodys_way() -> None:
    assert conflicts(on("eth0", "A", unicast=True), on("mac0", "B"), on("gone", "C")) == {}


def test_the_same_interface_twice_is_not_for_here() -> None:
    assert conflicts(on("eth0", "A"), on("eth0", "B")) == {}
