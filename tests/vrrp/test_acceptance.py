"""vrrp/acceptance.py: what the filter does while an instance goes through its states and reloads."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from keepalived_py.config.ast import VirtualAddress
from keepalived_py.vrrp.acceptance import Acceptance
from keepalived_py.vrrp.effects import FilterAddresses
from keepalived_py.vrrp.events import ConfigurationChanged, Stop
from tests.vrrp.notation import expire, lines, master, started, wanted

if TYPE_CHECKING:
    from keepalived_py.vrrp.effects import Effect

OTHER = VirtualAddress(address=IPv4Address("10.9.0.52"), prefix_length=24, interface="eth0")


def about_filter(effects: list[Effect]) -> list[str]:
    return [line for line in lines(effects) if "filter" in line or "let pass" in line or "firewall" in line]


def test_addresses_are_filtered_before_they_are_set_and_let_pass_after_they_are_removed() -> None:
    instance = started(accept=False)
    when, effects = expire(instance)
    written = lines(effects, "state", "arp", "notify")
    place = written.index("detail (V) setting firewall drop rule")
    assert written[place + 1] == "filter 10.9.0.51/24 dev eth0"
    assert written[place + 2] == "detail (V) setting VIPs."
    stopped = lines(instance.handle(Stop(), when + 1), "state")
    assert stopped[-3:] == [
        "remove 10.9.0.51/24 dev eth0",
        "detail (V) removing firewall drop rule",
        "let pass 10.9.0.51/24 dev eth0",
    ]


def test_nothing_is_said_of_a_filter_that_is_not_set() -> None:
    assert about_filter(started(accept=False).handle(Stop(), 1)) == []
    _, effects = expire(started())
    assert about_filter(effects) == []


def test_the_owner_of_the_addresses_accepts_packets_to_them_whatever_is_configured() -> None:
    assert not wanted(priority=255, accept=False).filters_addresses
    assert wanted(accept=False).filters_addresses


def test_a_reload_filters_what_is_new_and_lets_pass_what_is_gone() -> None:
    instance, when = master(accept=False)
    first = wanted(accept=False).virtual_addresses
    more = wanted(accept=False, virtual_addresses=(*first, OTHER))
    assert about_filter(instance.handle(ConfigurationChanged(configuration=more, total=100), when)) == [
        "filter 10.9.0.51/24 dev eth0, 10.9.0.52/24 dev eth0"
    ]
    less = wanted(accept=False, virtual_addresses=(OTHER,))
    assert about_filter(instance.handle(ConfigurationChanged(configuration=less, total=100), when)) == [
        "filter 10.9.0.52/24 dev eth0",
        "let pass 10.9.0.51/24 dev eth0",
    ]
    accepting = wanted(virtual_addresses=(OTHER,))
    assert about_filter(instance.handle(ConfigurationChanged(configuration=accepting, total=100), when)) == [
        "let pass 10.9.0.52/24 dev eth0"
    ]
    assert about_filter(instance.handle(Stop(), when)) == []


def test_an_instance_with_another_name_filters_in_its_own() -> None:
    instance, when = master(accept=False)
    renamed = replace(wanted(accept=False), name="W")
    effects = instance.handle(ConfigurationChanged(configuration=renamed, total=100), when)
    changes = [(effect.instance, effect.on) for effect in effects if isinstance(effect, FilterAddresses)]
    assert changes == [("W", True), ("V", False)]


def test_an_interface_that_may_come_again_is_meant_by_its_name() -> None:
    out: list[Effect] = []
    loose = replace(OTHER, interface="eth1", no_track=True)
    tight = replace(OTHER, interface="eth2")
    addresses = (OTHER, loose, tight)
    Acceptance(wanted(accept=False, virtual_addresses=addresses, dont_track_primary=True)).begin(out)
    Acceptance(wanted(accept=False, virtual_addresses=addresses)).begin(out)
    named = [effect.by_name for effect in out if isinstance(effect, FilterAddresses)]
    assert named == [(OTHER, loose), ()]
