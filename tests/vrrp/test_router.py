"""The router: who gets a packet, what interfaces, addresses and scripts mean. Source: reference/vrrp-behaviour.md §3, §4, §7."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, ip_address

import pytest

from keepalived_py.config.ast import (
    Configuration,
    GratuitousArpTiming,
    SyncGroup,
    TrackedInterface,
    TrackedScript,
    UnicastPeer,
    VrrpInstance,
)
from keepalived_py.vrrp.events import (
    AddressAdded,
    AddressRemoved,
    AdvertisementReceived,
    DeadlineReached,
    Effect,
    InterfaceAdded,
    InterfaceChanged,
    InterfaceFacts,
    InterfaceRemoved,
    ScriptFinished,
    SourceUnavailable,
    Start,
    State,
    Stop,
)
from keepalived_py.vrrp.router import Router
from tests.vrrp.notation import HIGHER, LOWER, OWN, SECOND, VIP, advert, lines, wanted
from tests.vrrp.test_tracking import script

QUIET = GratuitousArpTiming(repeat=0, delay=0, lower_priority_repeat=0)
ETH0 = InterfaceFacts(name="eth0", addresses=((OWN, 24),))


def router(*instances: VrrpInstance, facts: tuple[InterfaceFacts, ...] = (ETH0,), **sections: object) -> Router:
    return Router(Configuration(vrrp_instances=instances or (wanted(garp=QUIET),), **sections), facts)  # type: ignore[arg-type]


def started(*instances: VrrpInstance, facts: tuple[InterfaceFacts, ...] = (ETH0,), **sections: object) -> Router:
    machine = router(*instances, facts=facts, **sections)
    machine.handle(Start(), 0)
    return machine


def elected(*instances: VrrpInstance, **sections: object) -> tuple[Router, int]:
    machine = started(*instances, **sections)  # type: ignore[arg-type]
    now = machine.deadline
    assert now is not None
    machine.handle(DeadlineReached(), now)
    return machine, now


def said(effects: list[Effect]) -> list[str]:
    return lines(effects, "state", "arp")


# --- packets ----------------------------------------------------------------------------------------------------------


def test_a_packet_goes_to_the_instance_of_its_interface_and_router_id() -> None:
    other = replace(wanted("W", router_id=52), interface="eth1")
    machine = started(wanted(), other, facts=(ETH0, InterfaceFacts(name="eth1", addresses=((OWN, 24),))))

    def heard_by(packet: object, interface: str) -> list[str]:
        before = {name: each.statistics.advert_rcvd for name, each in machine.instances.items()}
        machine.handle(AdvertisementReceived(packet=packet, interface=interface), 1)  # type: ignore[arg-type]
        return [name for name, each in machine.instances.items() if each.statistics.advert_rcvd > before[name]]

    assert heard_by(advert(150), "eth0") == ["V"]
    assert heard_by(advert(150, of=other), "eth1") == ["W"]
    assert heard_by(advert(150, of=other), "eth0") == []
    assert heard_by(advert(150), "eth1") == []
    assert heard_by(advert(150, of=wanted(router_id=99)), "eth0") == []


def test_unicast_instances_that_share_a_router_id_are_told_apart_by_their_peers() -> None:
    first = wanted("A", unicast=True, source_address=OWN, unicast_peers=(UnicastPeer(address=HIGHER),))
    second = wanted("B", unicast=True, source_address=OWN, unicast_peers=(UnicastPeer(address=LOWER),))
    machine = started(first, second)
    for source in (HIGHER, LOWER, LOWER, IPv4Address("10.0.0.77")):
        packet = advert(150, source, of=first)
        machine.handle(AdvertisementReceived(packet=packet, interface="eth0", local=OWN), 1)
    assert [each.statistics.advert_rcvd for each in machine.instances.values()] == [1, 2]


def test_multicast_and_unicast_instances_may_share_a_router_id() -> None:
    unicast = wanted("U", unicast=True, source_address=OWN, unicast_peers=(UnicastPeer(address=HIGHER),))
    machine = started(wanted(), unicast)
    machine.handle(AdvertisementReceived(packet=advert(150), interface="eth0"), 1)
    machine.handle(AdvertisementReceived(packet=advert(150, of=unicast), interface="eth0"), 1)
    assert [each.statistics.advert_rcvd for each in machine.instances.values()] == [1, 1]


# --- time -------------------------------------------------------------------------------------------------------------


def test_the_deadline_is_the_earliest_of_all_and_everybody_due_is_served_in_order() -> None:
    machine = started(*(wanted(f"V{n}", router_id=n, priority=n, garp=QUIET) for n in (100, 200, 150)))
    assert machine.deadline == 3_218_750
    effects = machine.handle(DeadlineReached(), 3_609_375)
    masters = [line for line in lines(effects) if line.endswith("MASTER STATE")]
    assert masters == [f"log (V{n}) Entering MASTER STATE" for n in (200, 150, 100)]


def test_an_advert_that_is_heard_moves_the_deadline_away() -> None:
    machine = started()
    machine.handle(AdvertisementReceived(packet=advert(150), interface="eth0"), 2 * SECOND)
    assert machine.deadline == 2 * SECOND + 3_609_375


def test_being_woken_too_early_does_nothing() -> None:
    assert started().handle(DeadlineReached(), SECOND) == []


# --- the start --------------------------------------------------------------------------------------------------------


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


# --- interfaces and addresses -----------------------------------------------------------------------------------------


def test_two_lost_interfaces_must_both_return() -> None:
    instance = wanted(track_interfaces=(TrackedInterface(name="eth1"),), garp=QUIET)
    machine, now = elected(instance, facts=(ETH0, InterfaceFacts(name="eth1")))
    for name in ("eth0", "eth1"):
        machine.handle(InterfaceChanged(name=name, is_up=False), now)
    assert said(machine.handle(InterfaceChanged(name="eth0", is_up=True), now)) == ["log Netlink reports eth0 up"]
    assert said(machine.handle(InterfaceChanged(name="eth1", is_up=True), now))[1] == "log (V) Entering BACKUP STATE"


def test_a_weighted_interface_changes_the_priority_by_its_weight() -> None:
    instance = wanted(track_interfaces=(TrackedInterface(name="eth1", weight=-30),))
    machine = started(instance, facts=(ETH0, InterfaceFacts(name="eth1")))
    assert lines(machine.handle(InterfaceChanged(name="eth1", is_up=False), 0)) == [
        "log Netlink reports eth1 down",
        "log (V) Changing effective priority from 100 to 70",
    ]


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


@pytest.mark.parametrize(
    ("prefix_length", "interface", "settings", "lost"),
    [(24, "eth0", {}, True), (32, "eth0", {}, False), (24, "eth1", {}, False), (24, "eth0", {"no_track": True}, False)],
)
def test_a_virtual_address_someone_removes_is_ours_if_prefix_and_interface_match(
    prefix_length: int, interface: str, settings: dict[str, bool], lost: bool
) -> None:
    instance = wanted(garp=QUIET)
    addresses = tuple(replace(each, **settings) for each in instance.virtual_addresses)
    machine, now = elected(replace(instance, virtual_addresses=addresses))
    machine.handle(AddressAdded(interface=interface, address=VIP, prefix_length=prefix_length), now)
    machine.handle(AddressRemoved(interface=interface, address=VIP, prefix_length=prefix_length), now)
    assert (machine.instances["V"].state is State.BACKUP) is lost


def test_a_virtual_address_removed_from_a_backup_is_nothing() -> None:
    machine = started(facts=(replace(ETH0, addresses=((OWN, 24), (VIP, 24))),))
    effects = machine.handle(AddressRemoved(interface="eth0", address=VIP, prefix_length=24), 0)
    assert lines(effects, "detail") == []


def test_a_deleted_interface_is_a_fault_until_it_is_back_with_an_address() -> None:
    machine, now = elected()
    effects = machine.handle(InterfaceRemoved(name="eth0"), now)
    assert said(effects)[:3] == ["log Interface eth0 deleted", "close V", "log (V) Entering FAULT STATE"]
    effects = machine.handle(InterfaceAdded(facts=InterfaceFacts(name="eth0")), now + SECOND)
    assert said(effects) == ["detail Interface eth0 added", "open V", "log Netlink reports eth0 up"]
    assert machine.instances["V"].state is State.FAULT
    effects = machine.handle(AddressAdded(interface="eth0", address=OWN, prefix_length=24), now + 2 * SECOND)
    assert "log (V) Entering BACKUP STATE" in said(effects)


# --- scripts ----------------------------------------------------------------------------------------------------------


def test_a_weighted_script_counts_nothing_until_its_first_result() -> None:
    instance = wanted(track_scripts=(TrackedScript(name="check", weight=20),))
    machine = started(instance, vrrp_scripts=(script(),))
    assert machine.instances["V"].state is State.BACKUP
    assert machine.instances["V"].priority == 100
    assert lines(machine.handle(ScriptFinished(name="check", exit_status=0), 1)) == [
        "log VRRP_Script(check) succeeded",
        "log (V) Changing effective priority from 100 to 120",
    ]
    effects = machine.handle(ScriptFinished(name="check", exit_status=1), 2)
    assert lines(effects)[-1] == "log (V) Changing effective priority from 120 to 100"


def test_a_script_without_weight_is_a_fault_when_it_fails() -> None:
    instance = wanted(track_scripts=(TrackedScript(name="check"),), garp=QUIET)
    machine = started(instance, vrrp_scripts=(script(),))
    assert machine.instances["V"].state is State.FAULT
    machine.handle(ScriptFinished(name="check", exit_status=0), 0)
    now = 3_609_375
    machine.handle(DeadlineReached(), now)
    assert machine.instances["V"].state is State.MASTER
    effects = machine.handle(ScriptFinished(name="check", exit_status=2), now)
    assert said(effects)[:4] == [
        "log Script `check` now returning 2",
        "log VRRP_Script(check) failed (exited with status 2)",
        "log (V) Entering FAULT STATE",
        "send V 0",
    ]


def test_scripts_nobody_tracks_do_not_run() -> None:
    machine = router(vrrp_scripts=(script(),))
    assert "run check" not in lines(machine.handle(Start(), 0))


def test_scripts_run_again_when_their_interval_is_over() -> None:
    instance = wanted(track_scripts=(TrackedScript(name="check", weight=2),))
    machine = started(instance, vrrp_scripts=(script(interval=2 * SECOND),))
    machine.handle(ScriptFinished(name="check", exit_status=0), SECOND)
    assert machine.deadline == 2 * SECOND
    assert lines(machine.handle(DeadlineReached(), 2 * SECOND)) == ["run check"]


# --- the rest ---------------------------------------------------------------------------------------------------------


def test_everybody_lets_go_before_anybody_is_notified_of_the_stop() -> None:
    first, second = wanted("A", garp=QUIET), wanted("B", router_id=52, garp=QUIET)
    group = SyncGroup(name="G", members=("A", "B"))
    machine, now = elected(first, second, vrrp_sync_groups=(group,))
    assert lines(machine.handle(Stop(), now), "detail", "state") == [
        "send A 0",
        "remove 10.9.0.51/24 dev eth0",
        "send B 0",
        "remove 10.9.0.52/24 dev eth0",
        "notify INSTANCE A STOP 100",
        "notify INSTANCE B STOP 100",
        "notify GROUP G STOP 0",
    ]
    assert machine.deadline is None


def test_gratuitous_arp_keeps_its_distance_when_told_to() -> None:
    timing = GratuitousArpTiming(repeat=3, delay=0, interval=100_000)
    machine, now = elected(wanted(garp=timing))
    times = []
    for _ in range(4):
        assert machine.deadline is not None
        when = machine.deadline
        times += [when - now for line in lines(machine.handle(DeadlineReached(), when)) if line.startswith("arp")]
    assert times == [100_000, 200_000]


def test_queued_gratuitous_arp_is_dropped_with_the_mastership() -> None:
    timing = GratuitousArpTiming(repeat=3, delay=0, interval=100_000)
    machine, now = elected(wanted(garp=timing))
    machine.handle(AdvertisementReceived(packet=advert(200), interface="eth0"), now)
    assert lines(machine.handle(DeadlineReached(), now + 500_000)) == []


def test_a_thousand_instances_answer_in_the_order_of_their_deadlines() -> None:
    instances = tuple(
        replace(wanted(f"V{n}", router_id=n % 255 + 1, garp=QUIET), interface=f"eth{n // 255}") for n in range(1000)
    )
    facts = tuple(InterfaceFacts(name=f"eth{n}", addresses=((OWN, 24),)) for n in range(4))
    machine = started(*instances, facts=facts)
    effects = machine.handle(DeadlineReached(), 3_609_375)
    assert sum(line.endswith("MASTER STATE") for line in lines(effects)) == 1000
    assert machine.deadline == 3_609_375 + SECOND
