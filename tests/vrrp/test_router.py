"""The router: who gets a packet, who is woken when, who lets go first. Source: reference/vrrp-behaviour.md §3, §5, §8."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

from keepalived_py.config.ast import (
    GlobalDefinitions,
    SyncGroup,
    UnicastPeer,
    VrrpDefaults,
)
from keepalived_py.vrrp.events import AdvertisementReceived, DeadlineReached, InterfaceFacts, Stop
from tests.vrrp.fleets import ETH0, QUIET, elected, started
from tests.vrrp.notation import HIGHER, LOWER, OWN, SECOND, advert, lines, wanted


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


def test_a_router_id_that_nobody_has_is_spoken_of_only_when_wanted() -> None:
    packet = advert(50, of=wanted(router_id=77))
    event = AdvertisementReceived(packet=packet, interface="eth0")
    assert lines(started().handle(event, SECOND)) == []
    wanted_so = GlobalDefinitions(vrrp=VrrpDefaults(log_unknown_vrids=True))
    assert lines(started(global_defs=wanted_so).handle(event, SECOND)) == [
        "log Unknown VRID(77) received on interface(eth0). ignoring..."
    ]
