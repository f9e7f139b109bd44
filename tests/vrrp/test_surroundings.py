"""What the kernel reports of interfaces and addresses, and what that does. Source: reference/vrrp-behaviour.md §4, §6, §13."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, ip_address

import pytest

from keepalived_py.config.ast import Configuration, InterfaceDelays, UnicastPeer
from keepalived_py.vrrp.effects import Log
from keepalived_py.vrrp.events import (
    AddressAdded,
    AddressRemoved,
    AdvertisementReceived,
    DeadlineReached,
    InterfaceAdded,
    InterfaceChanged,
    InterfaceFacts,
    InterfaceRemoved,
    Reconfigure,
    SourceUnavailable,
    Start,
    State,
)
from keepalived_py.vrrp.router import Router
from tests.vrrp.fleets import ETH0, QUIET, elected, router, said, started
from tests.vrrp.notation import HIGHER, LOWER, OWN, SECOND, VIP, advert, lines, wanted


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ((replace(ETH0, is_up=False),), "(V): entering FAULT state (interface eth0 down)"),
        ((InterfaceFacts(name="eth0"),), "(V) entering FAULT state (no IPv4 address for interface)"),
        (
            (InterfaceFacts(name="eth0", addresses=((VIP, 24),)),),
            "(V) entering FAULT state (no IPv4 address for interface)",
        ),
    ],
)
def test_an_instance_that_cannot_work_starts_in_fault(facts: tuple[InterfaceFacts, ...], reason: str) -> None:
    assert lines(router(facts=facts).handle(Start(), 0), "state", "detail") == [
        f"log {reason}",
        "log (V) entering FAULT state",
        "notify INSTANCE V FAULT 100",
        "remove 10.9.0.51/24 dev eth0",
    ]


def test_a_unicast_source_that_cannot_be_bound_is_a_fault_notified_once() -> None:
    machine = router(wanted(unicast=True, source_address=OWN, unicast_peers=(UnicastPeer(address=HIGHER),)))
    assert machine.handle(SourceUnavailable(instance="V"), 0) == []
    assert lines(machine.handle(Start(), 0), "state", "detail") == [
        "log (V): entering FAULT state (src address not configured)",
        "log (V) Entering FAULT STATE",
        "notify INSTANCE V FAULT 100",
        "remove 10.9.0.51/24 dev eth0",
    ]


def test_a_configured_source_need_not_be_on_the_interface() -> None:
    elsewhere = wanted(unicast=True, source_address=ip_address("192.166.56.101"), garp=QUIET)
    machine = router(elsewhere, facts=(InterfaceFacts(name="eth0"),))
    assert lines(machine.handle(Start(), 0))[0] == (
        "log (V) WARNING - unicast source address 192.166.56.101 is not an address of this host;"
        " adverts carry it all the same"
    )
    assert machine.instances["V"].state is State.BACKUP


def test_an_interface_nobody_watches_is_not_mentioned() -> None:
    assert started().handle(InterfaceChanged(name="eth7", is_up=True), 0) == []


def test_another_address_takes_over_as_the_source_without_a_word() -> None:
    second = IPv4Address("10.0.0.9")
    machine = started(facts=(replace(ETH0, addresses=((OWN, 24), (second, 24))),))
    assert machine.handle(AddressRemoved(interface="eth0", address=OWN, prefix_length=24), 0) == []
    assert machine.instances["V"].source == second


def test_the_last_address_that_goes_is_a_fault_and_the_farewell_still_carries_it() -> None:
    machine, now = elected()
    effects = machine.handle(AddressRemoved(interface="eth0", address=OWN, prefix_length=24), now)
    assert said(effects)[:3] == [
        "detail Deassigned address 10.0.0.5 from interface eth0",
        "log (V) Entering FAULT STATE",
        "send V 0",
    ]
    effects = machine.handle(AddressAdded(interface="eth0", address=HIGHER, prefix_length=24), now + SECOND)
    assert said(effects) == [
        "detail Assigned address 10.0.0.6 for interface eth0",
        "log (V) Entering BACKUP STATE",
        "notify INSTANCE V BACKUP 100",
    ]
    assert machine.instances["V"].source == HIGHER


def test_a_virtual_address_is_never_a_source() -> None:
    machine = started(facts=(InterfaceFacts(name="eth0"),))
    assert machine.handle(AddressAdded(interface="eth0", address=VIP, prefix_length=24), 0) == []
    assert machine.instances["V"].source is None


def test_a_virtual_address_removed_from_a_backup_is_nothing() -> None:
    machine = started(facts=(replace(ETH0, addresses=((OWN, 24), (VIP, 24))),))
    effects = machine.handle(AddressRemoved(interface="eth0", address=VIP, prefix_length=24), 0)
    assert lines(effects, "detail") == []


@pytest.mark.parametrize("asked", [True, False])
def test_every_address_that_comes_or_goes_is_told_if_that_is_asked_for(*, asked: bool) -> None:
    configuration = Configuration(vrrp_instances=(wanted(garp=QUIET),))
    machine = Router(configuration, (ETH0, InterfaceFacts(name="eth1")), report_addresses=asked)
    machine.handle(Start(), 0)
    told = []
    for name in ("eth0", "eth1"):
        added = AddressAdded(interface=name, address=LOWER, prefix_length=24)
        removed = AddressRemoved(interface=name, address=LOWER, prefix_length=24)
        told += said(machine.handle(added, 0)) + said(machine.handle(removed, 0))
    assert told == [
        f"log Netlink reflector reports IP {LOWER} {what} {name}"
        for name in ("eth0", "eth1")
        for what in ("added to", "removed from")
        if asked
    ]


def test_a_macvlan_that_brings_a_router_id_twice_onto_one_wire_waits_until_that_is_over() -> None:
    late = replace(wanted("W", garp=QUIET), interface="mac0", virtual_addresses=())
    machine, now = elected(wanted(garp=QUIET), late)
    assert machine.instances["W"].state is State.FAULT
    mac0 = InterfaceFacts(name="mac0", addresses=((OWN, 24),), base="eth0")
    effects = said(machine.handle(InterfaceAdded(facts=mac0), now + SECOND))
    assert "log VRID conflict between W and V IPv4 vrid 51" in effects
    assert (machine.instances["V"].state, machine.instances["W"].state) == (State.MASTER, State.FAULT)
    machine.handle(InterfaceRemoved(name="eth0"), now + 2 * SECOND)
    assert (machine.instances["V"].state, machine.instances["W"].state) == (State.FAULT, State.BACKUP)
    effects = said(machine.handle(InterfaceAdded(facts=ETH0), now + 3 * SECOND))
    assert "log VRID conflict between V and W IPv4 vrid 51" in effects
    assert (machine.instances["V"].state, machine.instances["W"].state) == (State.FAULT, State.BACKUP)


def test_an_interface_with_another_name_is_left_with_a_farewell_and_taken_again_under_its_own() -> None:
    machine, now = elected()
    effects = said(machine.handle(InterfaceRemoved(name="eth0", new_name="eth5"), now))
    assert effects[:2] == ["log Interface name has changed from eth0 to eth5", "log (V) Entering FAULT STATE"]
    assert effects.index("send V 0") < effects.index("close V")
    effects = said(machine.handle(InterfaceAdded(facts=ETH0), now + SECOND))
    assert effects[:3] == [
        "detail Interface eth0 added",
        f"detail Assigned address {OWN} for interface eth0",
        "open V",
    ]
    assert machine.instances["V"].state is State.BACKUP


def test_a_deleted_interface_is_a_fault_until_it_is_back_with_an_address() -> None:
    machine, now = elected()
    effects = machine.handle(InterfaceRemoved(name="eth0"), now)
    assert said(effects)[:2] == ["log Interface eth0 deleted", "log (V) Entering FAULT STATE"]
    assert said(effects)[-1] == "close V"
    effects = machine.handle(InterfaceAdded(facts=InterfaceFacts(name="eth0")), now + SECOND)
    assert said(effects) == ["detail Interface eth0 added", "open V", "log Netlink reports eth0 up"]
    assert machine.instances["V"].state is State.FAULT
    effects = machine.handle(AddressAdded(interface="eth0", address=OWN, prefix_length=24), now + 2 * SECOND)
    assert "log (V) Entering BACKUP STATE" in said(effects)


def test_an_interface_that_is_back_within_its_delay_changes_nothing() -> None:
    delays = (InterfaceDelays(name="eth0", down=SECOND),)
    machine, now = elected(interface_delays=delays)
    down, up = (InterfaceChanged(name="eth0", is_up=up, flags=0x11043 if up else 0x11003) for up in (False, True))
    assert said(machine.handle(down, now)) == ["log eth0: Adding flags change from 0x0 to 0x11003 delay by 1000000"]
    assert machine.handle(up, now + 1) == [Log(text="Delay timer for eth0 cancelled")]
    machine.handle(down, now + 2)
    machine.handle(DeadlineReached(), now + SECOND + 1)
    assert machine.instances["V"].state is State.MASTER
    assert said(machine.handle(DeadlineReached(), now + SECOND + 2))[:2] == [
        "log Netlink reports eth0 down",
        "log (V) Entering FAULT STATE",
    ]


def test_a_report_that_waits_counts_at_once_when_a_reload_takes_its_delay_away() -> None:
    machine, now = elected(interface_delays=(InterfaceDelays(name="eth0", down=SECOND),))
    machine.handle(InterfaceChanged(name="eth0", is_up=False), now)
    machine.handle(Reconfigure(configuration=replace(machine.configuration, interface_delays=())), now + 1)
    assert machine.instances["V"].state is State.FAULT


def test_what_polling_finds_is_told_by_its_own_name_and_not_delayed() -> None:
    machine, now = elected(interface_delays=(InterfaceDelays(name="eth0", down=SECOND),))
    effects = said(machine.handle(InterfaceChanged(name="eth0", is_up=False, polled=True), now))
    assert effects[:2] == ["log Linkbeat reports eth0 down", "log (V) Entering FAULT STATE"]


def test_a_master_that_advertises_more_often_than_we_shortens_the_delays_on_our_interface() -> None:
    instance = wanted(version=3, garp=QUIET)
    machine = started(instance, interface_delays=(InterfaceDelays(name="eth0", down=2 * SECOND - SECOND // 256),))
    packet = advert(200, of=replace(instance, advert_int=SECOND // 2))
    line = "detail V: lower advert_int reducing interface eth0 debounce timer(s)"
    event = AdvertisementReceived(packet=packet, interface="eth0")
    assert lines(machine.handle(event, 0))[-1] == line
    assert line not in lines(machine.handle(event, 1))
    machine.handle(InterfaceChanged(name="eth0", is_up=False), 2)
    machine.handle(DeadlineReached(), SECOND)
    assert machine.instances["V"].state is State.FAULT
