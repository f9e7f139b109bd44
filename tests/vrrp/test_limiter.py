"""Gratuitous ARP with a distance. Source: reference/vrrp-behaviour.md §9."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, ip_address
from typing import TYPE_CHECKING

from keepalived_py.config.ast import GarpGroup, GlobalDefinitions, GratuitousArpTiming, VirtualAddress, VrrpDefaults
from keepalived_py.vrrp.effects import SendGratuitousArp
from keepalived_py.vrrp.events import AdvertisementReceived, DeadlineReached, InterfaceFacts
from keepalived_py.vrrp.limiter import AnnouncementLimiter
from tests.vrrp.fleets import ETH0, elected
from tests.vrrp.notation import advert, lines, wanted

if TYPE_CHECKING:
    from keepalived_py.config.ast import VrrpInstance
    from keepalived_py.vrrp.router import Router


def message(last: int, instance: str = "V") -> SendGratuitousArp:
    return SendGratuitousArp(instance=instance, interface="eth0", address=IPv4Address(f"10.0.0.{last}"))


def drained(limiter: AnnouncementLimiter) -> list[tuple[int, int]]:
    """What is sent when each deadline is kept: (time, last byte of the address)."""
    sent = []
    while (when := limiter.deadline) is not None:
        for effect in limiter.handle(DeadlineReached(), when):
            assert isinstance(effect, SendGratuitousArp)
            sent.append((when, effect.address.packed[-1]))
    return sent


def test_the_first_message_passes_and_addresses_take_turns_afterwards() -> None:
    limiter = AnnouncementLimiter(10)
    assert [limiter.passes(message(last), 0, most=5) for last in (1, 2, 1, 2)] == [True, False, False, False]
    assert drained(limiter) == [(10, 2), (20, 1), (30, 2)]


def test_an_address_waits_for_at_most_so_many_messages() -> None:
    limiter = AnnouncementLimiter(10)
    for _ in range(9):
        limiter.passes(message(1), 0, most=2)
    assert len(drained(limiter)) == 2


def test_what_an_instance_had_queued_can_be_dropped() -> None:
    limiter = AnnouncementLimiter(10)
    for last, instance in ((1, "V"), (2, "V"), (3, "W")):
        limiter.passes(message(last, instance), 0, most=5)
    limiter.drop("V")
    assert drained(limiter) == [(10, 3)]


def test_too_early_nothing_is_sent_and_after_the_distance_everything_passes() -> None:
    limiter = AnnouncementLimiter(10)
    assert limiter.passes(message(1), 0, most=5)
    assert not limiter.passes(message(1), 9, most=5)
    assert limiter.handle(DeadlineReached(), 9) == []
    drained(limiter)
    assert limiter.passes(message(1), 20, most=5)


def limited(gap: int, *instances: VrrpInstance, **sections: object) -> tuple[Router, int]:
    """A router elected with vrrp_garp_interval and vrrp_gna_interval of ``gap`` microseconds."""
    defaults = VrrpDefaults(garp_interval=gap, gna_interval=gap)
    return elected(*instances, global_defs=GlobalDefinitions(vrrp=defaults), **sections)


def announced(machine: Router, now: int, turns: int) -> list[tuple[int, str]]:
    """What is announced at the next deadlines: microseconds from ``now``, and the message."""
    found = []
    for _ in range(turns):
        when = machine.deadline
        assert when is not None
        said = lines(machine.handle(DeadlineReached(), when))
        found += [(when - now, line) for line in said if line.startswith(("arp", "advertise"))]
    return found


TIMING = GratuitousArpTiming(repeat=3, delay=0)


def test_gratuitous_arp_keeps_its_distance_when_told_to() -> None:
    machine, now = limited(100_000, wanted(garp=TIMING))
    assert [when for when, _ in announced(machine, now, 4)] == [100_000, 200_000]


def test_queued_gratuitous_arp_is_dropped_with_the_mastership() -> None:
    machine, now = limited(100_000, wanted(garp=TIMING))
    machine.handle(AdvertisementReceived(packet=advert(200), interface="eth0"), now)
    assert lines(machine.handle(DeadlineReached(), now + 500_000)) == []


def test_neighbour_advertisements_have_a_gap_of_their_own() -> None:
    instance = wanted(garp=GratuitousArpTiming(repeat=2, delay=0))
    both = replace(
        instance,
        excluded_addresses=(VirtualAddress(address=ip_address("fd00::5"), prefix_length=64, interface="eth0"),),
    )
    machine, now = limited(100_000, both)
    assert announced(machine, now, 2) == [(100_000, "arp eth0 10.9.0.51"), (100_000, "advertise eth0 fd00::5")]


def test_the_interfaces_of_a_group_share_its_gap_and_not_the_default() -> None:
    instance = wanted(garp=GratuitousArpTiming(repeat=1, delay=0))
    addresses = tuple(replace(instance.virtual_addresses[0], interface=name) for name in ("eth0", "eth1", "eth2"))
    group = GarpGroup(interfaces=("eth0", "eth1"), garp_interval=300_000)
    facts = (ETH0, InterfaceFacts(name="eth1"), InterfaceFacts(name="eth2"))
    machine, now = limited(100_000, replace(instance, virtual_addresses=addresses), facts=facts, garp_groups=(group,))
    assert announced(machine, now, 1) == [(300_000, "arp eth1 10.9.0.51")]


def test_a_virtual_interface_counts_as_the_one_below_it() -> None:
    instance = wanted(garp=GratuitousArpTiming(repeat=1, delay=0))
    (address,) = instance.virtual_addresses
    addresses = (address, replace(address, interface="vrrp.51", base_interface="eth0"))
    facts = (ETH0, InterfaceFacts(name="vrrp.51"))
    machine, now = limited(100_000, replace(instance, virtual_addresses=addresses), facts=facts)
    assert announced(machine, now, 1) == [(100_000, "arp vrrp.51 10.9.0.51")]
