"""The picture of the host's interfaces. Source: reference/vrrp-behaviour.md §4."""

from __future__ import annotations

from ipaddress import ip_address

from keepalived_py.vrrp.events import InterfaceFacts
from keepalived_py.vrrp.interfaces import Interfaces

FIRST, SECOND, THIRD = (ip_address(f"10.0.0.{last}") for last in (1, 2, 3))
LINK_LOCAL, GLOBAL = ip_address("fe80::1"), ip_address("2001:db8::1")


def picture() -> Interfaces:
    addresses = ((FIRST, 24), (SECOND, 24), (GLOBAL, 64), (LINK_LOCAL, 64))
    return Interfaces([InterfaceFacts(name="eth0", addresses=addresses)])


def test_the_source_is_the_first_address_that_is_not_virtual() -> None:
    assert picture().source("eth0", 4, ()) == FIRST
    assert picture().source("eth0", 4, {FIRST}) == SECOND
    assert picture().source("eth0", 4, {FIRST, SECOND}) is None
    assert picture().source("eth9", 4, ()) is None


def test_the_source_of_ipv6_is_link_local() -> None:
    assert picture().source("eth0", 6, ()) == LINK_LOCAL


def test_changes_are_told_from_repetitions() -> None:
    interfaces = picture()
    assert not interfaces.set_up("eth0", is_up=True)
    assert interfaces.set_up("eth0", is_up=False)
    assert not interfaces.add_address("eth0", FIRST, 24)
    assert interfaces.add_address("eth0", FIRST, 32)
    assert interfaces.remove_address("eth0", FIRST, 24)
    assert not interfaces.remove_address("eth0", FIRST, 24)
    assert interfaces.has(FIRST)
    assert not interfaces.has(THIRD)


def test_an_interface_that_is_gone_is_down_and_has_nothing() -> None:
    interfaces = picture()
    interfaces.remove("eth0")
    assert not interfaces.is_up("eth0")
    assert not interfaces.has(FIRST)
    assert interfaces.flags("eth0") == 0


def test_the_flags_last_reported_are_kept() -> None:
    interfaces = Interfaces([InterfaceFacts(name="eth0", flags=0x11043)])
    assert interfaces.flags("eth0") == 0x11043
    interfaces.set_flags("eth0", 0x11003)
    assert interfaces.flags("eth0") == 0x11003
