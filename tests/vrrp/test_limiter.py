"""Gratuitous ARP with a distance. Source: reference/vrrp-behaviour.md §9."""

from __future__ import annotations

from ipaddress import IPv4Address

from keepalived_py.config.ast import GratuitousArpTiming
from keepalived_py.vrrp.events import AdvertisementReceived, DeadlineReached, SendGratuitousArp
from keepalived_py.vrrp.limiter import AnnouncementLimiter
from tests.vrrp.fleets import elected
from tests.vrrp.notation import advert, lines, wanted


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
    limiter = AnnouncementLimiter(10, most=5)
    assert [limiter.passes(message(last), 0) for last in (1, 2, 1, 2)] == [True, False, False, False]
    assert drained(limiter) == [(10, 2), (20, 1), (30, 2)]


def test_an_address_waits_for_at_most_so_many_messages() -> None:
    limiter = AnnouncementLimiter(10, most=2)
    for _ in range(9):
        limiter.passes(message(1), 0)
    assert len(drained(limiter)) == 2


def test_what_an_instance_had_queued_can_be_dropped() -> None:
    limiter = AnnouncementLimiter(10, most=5)
    for last, instance in ((1, "V"), (2, "V"), (3, "W")):
        limiter.passes(message(last, instance), 0)
    limiter.drop("V")
    assert drained(limiter) == [(10, 3)]


def test_too_early_nothing_is_sent_and_after_the_distance_everything_passes() -> None:
    limiter = AnnouncementLimiter(10, most=5)
    assert limiter.passes(message(1), 0)
    assert not limiter.passes(message(1), 9)
    assert limiter.handle(DeadlineReached(), 9) == []
    drained(limiter)
    assert limiter.passes(message(1), 20)


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
