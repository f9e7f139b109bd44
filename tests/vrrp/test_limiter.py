"""Gratuitous ARP with a distance. Source: reference/vrrp-behaviour.md §9."""

from __future__ import annotations

from ipaddress import IPv4Address

from keepalived_py.vrrp.events import DeadlineReached, SendGratuitousArp
from keepalived_py.vrrp.limiter import AnnouncementLimiter


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
