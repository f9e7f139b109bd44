"""The schedule of gratuitous ARP alone. Source: reference/vrrp-behaviour.md §9, reference/cli-and-process.md §7."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from keepalived_py.config.ast import GratuitousArpTiming, VirtualAddress, VirtualMac
from keepalived_py.vrrp.announcing import Announcer
from tests.vrrp.notation import OWN, SECOND, lines, wanted

if TYPE_CHECKING:
    from keepalived_py.vrrp.effects import Effect

TIMING = GratuitousArpTiming(delay=5 * SECOND, repeat=3, refresh=20 * SECOND, lower_priority_repeat=2)


def announcer(**changes: object) -> Announcer:
    return Announcer(wanted(garp=TIMING, **changes))


def sent(out: list[Effect]) -> int:
    return len(lines(out, "detail"))


def test_nothing_is_announced_before_the_start_and_after_the_stop() -> None:
    machine, out = announcer(), []
    machine.answer_lower_priority(0, out)
    machine.start(0, out)
    machine.stop()
    machine.due(100 * SECOND, out)
    machine.answer_lower_priority(100 * SECOND, out)
    assert sent(out) == 3
    assert machine.deadline is None


def test_outstanding_answers_are_limited() -> None:
    machine, out = announcer(), []
    machine.start(0, out)
    for now in range(1000):
        machine.answer_lower_priority(now, out)
    before = len(out)
    machine.due(6 * SECOND, out)
    assert sent(out[before:]) == 3 + 16 * 2


def test_after_a_reload_new_addresses_are_announced_twice_and_old_ones_only_with_a_refresh() -> None:
    machine, out = announcer(), []
    machine.announce_again(0, out, added=True)
    assert (sent(out), machine.unfinished, machine.deadline) == (3, True, 5 * SECOND)
    machine, out = announcer(), []
    machine.announce_again(0, out, added=False)
    assert (sent(out), machine.unfinished, machine.deadline) == (3, False, 20 * SECOND)


def test_our_own_address_is_announced_on_our_interface() -> None:
    machine, out = announcer(), []
    machine.announce_source(OWN, out)
    assert lines(out) == ["detail V: sending gratuitous ARP for 10.0.0.5", "arp eth0 10.0.0.5"]


def test_ipv6_addresses_are_announced_by_neighbour_advertisements_in_their_turn() -> None:
    addresses = (
        VirtualAddress(address=IPv6Address("fe80::51"), prefix_length=64, interface="eth0"),
        VirtualAddress(address=IPv4Address("10.9.0.51"), prefix_length=24, interface="eth1"),
    )
    machine, out = announcer(virtual_addresses=addresses), []
    machine.start(0, out)
    assert lines(out)[:4] == [
        "detail (V) Sending/queueing Unsolicited Neighbour Adverts on eth0 for fe80::51",
        "advertise eth0 fe80::51",
        "detail (V) Sending/queueing gratuitous ARPs on eth1 for 10.9.0.51",
        "arp eth1 10.9.0.51",
    ]
    assert lines(out, "detail")[2:] == ["advertise eth0 fe80::51", "arp eth1 10.9.0.51"] * 2


def test_an_ipv6_source_is_announced_by_a_neighbour_advertisement() -> None:
    machine, out = announcer(), []
    machine.announce_source(IPv6Address("fd99::5"), out)
    assert lines(out) == ["detail V: sending gratuitous NA for fd99::5", "advertise eth0 fd99::5"]


def on(interface: str, last: int, base: str | None = None) -> VirtualAddress:
    address = IPv4Address(f"10.9.1.{last}")
    return VirtualAddress(address=address, prefix_length=24, interface=interface, base_interface=base)


#: An instance on its own virtual interface, with addresses on another one of ours and on a plain one.
MIXED = (on("vrrp.51", 1, "eth0"), on("vmac1", 2, "eth1"), on("vmac1", 3, "eth1"), on("eth2", 4), on("eth2", 5))


#: The second set at 5 s is no concern of these tests, and neither is a refresh.
ONCE = GratuitousArpTiming(delay=5 * SECOND, repeat=0)


def extra(*, every: bool = False, xmit_base: bool = False) -> list[tuple[int, list[str]]]:
    """What garp_extra_if 10 says in the first 36 seconds, and when."""
    configuration = wanted(
        garp=ONCE,
        interface="vrrp.51",
        virtual_addresses=MIXED,
        virtual_mac=VirtualMac(kind="vmac", interface="eth0", xmit_base=xmit_base),
        garp_extra_interval=10,
        garp_extra_all=every,
    )
    machine = Announcer(configuration)
    out: list[Effect] = []
    machine.start(0, out)
    found = []
    while machine.deadline is not None and machine.deadline <= 36 * SECOND:
        now, out = machine.deadline, []
        machine.due(now, out)
        found.append((now // SECOND, lines(out, "detail")))
    return found


def test_where_no_advert_tells_of_a_virtual_mac_one_message_does_again_and_again() -> None:
    said = ["arp vmac1 10.9.1.2"]
    assert extra() == [(5, []), (15, said), (25, said), (35, said)]


def test_with_all_every_other_interface_of_an_address_is_announced() -> None:
    assert extra(every=True)[1] == (15, ["arp vmac1 10.9.1.2", "arp eth2 10.9.1.4"])


def test_adverts_that_leave_from_the_interface_below_leave_the_virtual_one_silent() -> None:
    assert extra(xmit_base=True)[1] == (15, ["arp vrrp.51 10.9.1.1", "arp vmac1 10.9.1.2"])
