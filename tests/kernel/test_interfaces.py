"""kernel/interfaces.py"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

import pytest

from keepalived_py.kernel.interfaces import Interface, InterfaceMonitor, list_interfaces
from tests.lab.netns import Namespace, in_namespace
from tests.lab.process import wait_until

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.kernel.conftest import Pair

pytestmark = pytest.mark.netns


@dataclass
class _Watch:
    """A running monitor with everything it called back, in order."""

    events: list[tuple[Any, ...]] = field(default_factory=list)
    monitor: InterfaceMonitor = field(init=False)

    def start(self, receive_buffer: int = 0) -> None:
        self.monitor = InterfaceMonitor(
            on_link=lambda interface: self.events.append(("link", interface.name, interface.is_up)),
            on_link_deleted=lambda name, new_name: self.events.append(("deleted", name, *filter(None, [new_name]))),
            on_address=lambda _, address, length, added: self.events.append((str(address), length, added)),
            on_overrun=lambda: self.events.append(("overrun",)),
        )
        self.monitor.start()
        if receive_buffer:
            self.monitor.resize(receive_buffer, force=True)

    async def until(self, *event: Any) -> None:
        """Wait until something was called back; what came before it is forgotten, so that order counts."""
        await self.sometime(event)
        del self.events[: self.events.index(event) + 1]

    async def sometime(self, *events: tuple[Any, ...]) -> None:
        """Wait until all of these were called back, in any order."""
        deadline = time.monotonic() + 10
        while missing := set(events).difference(self.events):
            assert time.monotonic() < deadline, f"no {missing} in {self.events}"
            await asyncio.sleep(0.01)

    async def settled(self) -> None:
        """Wait until the monitor knows exactly what a fresh listing tells."""
        deadline = time.monotonic() + 10
        while _settled(self.monitor.interfaces) != _settled(list_interfaces()):
            assert time.monotonic() < deadline, f"{self.monitor.interfaces} differs from {list_interfaces()}"
            await asyncio.sleep(0.05)


def _watch(namespace: Namespace, script: Callable[[_Watch], Awaitable[None]], receive_buffer: int = 0) -> _Watch:
    """Run a script against a monitor inside a namespace; at the end the monitor must know what a fresh listing tells."""

    async def run() -> _Watch:
        watch = _Watch()
        watch.start(receive_buffer)
        try:
            await script(watch)
            await watch.settled()
        finally:
            watch.monitor.close()
        return watch

    return in_namespace(namespace.name, lambda: asyncio.run(run()))


def _settled(interfaces: dict[str, Interface]) -> dict[str, tuple[Any, ...]]:
    return {
        name: (interface.index, interface.mac, interface.mtu, interface.is_up, set(interface.addresses))
        for name, interface in interfaces.items()
    }


def test_interfaces_are_listed_with_their_state_and_addresses(pair: Pair) -> None:
    listed = in_namespace(pair.left.name, list_interfaces)
    assert set(listed) == {"lo", "eth0"}
    eth0 = listed["eth0"]
    assert (eth0.is_up, eth0.has_arp, eth0.mtu, eth0.hardware_type, len(eth0.mac)) == (True, True, 1500, 1, 6)
    assert eth0.addresses[0] == (IPv4Address("10.99.0.1"), 24)
    assert {str(address) for address, _ in eth0.addresses} >= {"10.99.0.1", "fd99::1"}


def test_an_interface_without_carrier_is_not_up(pair: Pair) -> None:
    pair.lan.pull(pair.left, "eth0")
    # The kernel notes the loss of a carrier a moment after it happens.
    wait_until(lambda: not in_namespace(pair.left.name, list_interfaces)["eth0"].is_up, 5, "eth0 without carrier")


def test_going_down_and_up_is_told(alone: Namespace) -> None:
    async def script(watch: _Watch) -> None:
        alone.ip("link", "set", "eth0", "down")
        await watch.until("link", "eth0", False)
        alone.ip("link", "set", "eth0", "up")
        await watch.until("link", "eth0", True)

    _watch(alone, script)


def test_losing_and_regaining_the_carrier_is_told(pair: Pair) -> None:
    async def script(watch: _Watch) -> None:
        pair.lan.pull(pair.left, "eth0")
        await watch.until("link", "eth0", False)
        pair.lan.plug(pair.left, "eth0")
        await watch.until("link", "eth0", True)

    _watch(pair.left, script)


def test_addresses_that_come_and_go_are_told_once_each(alone: Namespace) -> None:
    async def script(watch: _Watch) -> None:
        alone.ip("addr", "add", "10.99.0.100/24", "dev", "eth0")
        await watch.until("10.99.0.100", 24, True)
        alone.ip("addr", "change", "10.99.0.100/24", "dev", "eth0", "valid_lft", "1000", "preferred_lft", "900")
        alone.ip("addr", "del", "10.99.0.100/24", "dev", "eth0")
        await watch.until("10.99.0.100", 24, False)
        assert ("10.99.0.100", 24, True) not in watch.events

    _watch(alone, script)


def test_new_renamed_and_deleted_interfaces_are_told(alone: Namespace) -> None:
    async def script(watch: _Watch) -> None:
        alone.ip("link", "add", "new0", "type", "veth", "peer", "name", "new1")
        await watch.until("link", "new0", False)
        alone.ip("link", "set", "new0", "name", "other0")
        await watch.until("deleted", "new0", "other0")
        await watch.until("link", "other0", False)
        alone.ip("link", "del", "other0")
        await watch.until("deleted", "other0")

    _watch(alone, script)


def test_a_deleted_interface_takes_its_addresses_along_first(alone: Namespace) -> None:
    async def script(watch: _Watch) -> None:
        alone.ip("addr", "add", "10.99.0.100/24", "dev", "eth0")
        await watch.until("10.99.0.100", 24, True)
        alone.ip("link", "del", "eth0")
        await watch.until("10.99.0.100", 24, False)
        await watch.until("deleted", "eth0")

    _watch(alone, script)


def test_a_port_that_leaves_its_bridge_is_not_taken_for_deleted(alone: Namespace) -> None:
    alone.ip("link", "add", "bridge0", "type", "bridge")
    alone.ip("link", "set", "eth0", "master", "bridge0")

    async def script(watch: _Watch) -> None:
        alone.ip("link", "set", "eth0", "nomaster")
        alone.ip("link", "del", "bridge0")
        await watch.until("deleted", "bridge0")
        assert "eth0" in watch.monitor.interfaces

    watch = _watch(alone, script)
    assert ("deleted", "eth0") not in watch.events


def test_a_macvlan_is_known_as_a_part_of_the_interface_below_and_a_veth_is_not(alone: Namespace) -> None:
    async def script(watch: _Watch) -> None:
        alone.ip("link", "add", "mac0", "link", "eth0", "type", "macvlan", "mode", "private")
        await watch.until("link", "mac0", False)
        interfaces = watch.monitor.interfaces
        assert interfaces["mac0"].base == interfaces["eth0"].index
        assert interfaces["eth0"].base == interfaces["eth1"].base == 0
        assert list_interfaces()["mac0"].base == interfaces["eth0"].index

    _watch(alone, script)


def test_after_lost_reports_the_table_is_read_anew_and_every_difference_told(alone: Namespace) -> None:
    alone.ip("link", "add", "gone0", "type", "veth", "peer", "name", "gone1")
    alone.ip("addr", "add", "10.98.0.1/32", "dev", "eth0")

    async def script(watch: _Watch) -> None:
        # All in one go of the loop, so that the reports pile up in a buffer far too small for them.
        batch = "\n".join(f"addr add 10.97.{n // 250}.{n % 250 + 1}/32 dev eth0" for n in range(600))
        batch += "\nlink del gone0\naddr del 10.98.0.1/32 dev eth0\nlink set eth1 down\n"
        alone.run("sh", "-c", f"ip -batch - <<'END'\n{batch}END")
        await watch.until("overrun")
        # The carrier of eth0 goes in the kernel's own time, perhaps after the table was read.
        await watch.sometime(
            ("deleted", "gone0"), ("10.98.0.1", 32, False), ("10.97.2.100", 32, True), ("link", "eth0", False)
        )
        alone.ip("addr", "add", "10.96.0.1/32", "dev", "eth0")
        await watch.until("10.96.0.1", 32, True)

    _watch(alone, script, receive_buffer=4096)


def test_it_can_be_closed_twice_and_tells_nothing_after() -> None:
    async def run() -> None:
        watch = _Watch()
        watch.start()
        watch.monitor.close()
        watch.monitor.close()

    asyncio.run(run())


def test_changes_of_our_own_are_known_at_once_and_told_only_to_who_asks_for_it(alone: Namespace) -> None:
    async def script(watch: _Watch) -> None:
        alone.ip("link", "add", "first0", "link", "eth0", "type", "macvlan")
        assert "first0" in watch.monitor.read_again()
        alone.ip("link", "add", "second0", "link", "eth0", "type", "macvlan")
        watch.monitor.catch_up()
        told = {event[1] for event in watch.events if event[0] == "link"}
        assert "second0" in told
        assert "first0" not in told

    _watch(alone, script)
