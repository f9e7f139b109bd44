"""Reports of the kernel about interfaces and their addresses, turned into events of the router.

Owns the monitor and the picture of the interfaces that the other modules of the edge ask. Source: reference/vrrp-behaviour.md §13.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.kernel.interfaces import InterfaceMonitor
from keepalived_py.log import Level
from keepalived_py.vrrp.events import (
    AddressAdded,
    AddressRemoved,
    InterfaceAdded,
    InterfaceChanged,
    InterfaceFacts,
    InterfaceRemoved,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from keepalived_py.config.ast import IPAddress
    from keepalived_py.kernel.interfaces import Interface
    from keepalived_py.log import Log
    from keepalived_py.vrrp.events import RouterEvent


class InterfaceReports:
    """The monitor's reports.

    ``feed`` takes the events. ``is_set_again(index, interface, address, prefix length)`` says whether the report of a removal is
    older than our own setting of the address.
    """

    def __init__(
        self,
        log: Log,
        *,
        feed: Callable[[RouterEvent], None],
        is_set_again: Callable[[int, str, IPAddress, int], bool],
    ) -> None:
        self._feed = feed
        self._is_set_again = is_set_again
        self._monitor = InterfaceMonitor(
            on_link=self._link_changed,
            on_link_deleted=self._link_deleted,
            on_address=self._address_changed,
            on_overrun=lambda: log(Level.INFO, "Netlink: Receive buffer overrun on monitor socket"),
        )
        self.by_name: dict[str, Interface] = {}

    def start(self) -> None:
        """List the interfaces and follow them from now on. Raises OSError."""
        self.by_name = self._monitor.start()

    def close(self) -> None:
        """Follow them no longer."""
        self._monitor.close()

    def get(self, name: str) -> Interface | None:
        """Return the interface of this name, None if there is none."""
        return self.by_name.get(name)

    def facts(self) -> list[InterfaceFacts]:
        """Return what the router must know of every interface."""
        return [_facts(interface) for interface in self.by_name.values()]

    def _link_changed(self, interface: Interface) -> None:
        known = self.by_name.get(interface.name)
        self.by_name[interface.name] = interface
        if known is None:
            self._feed(InterfaceAdded(facts=_facts(interface)))
        elif known.is_up != interface.is_up:
            self._feed(InterfaceChanged(name=interface.name, is_up=interface.is_up))

    def _link_deleted(self, name: str) -> None:
        if self.by_name.pop(name, None) is not None:
            self._feed(InterfaceRemoved(name=name))

    def _address_changed(self, index: int, address: IPAddress, prefix_length: int, added: bool) -> None:
        interface = self._monitor.interface(index)
        if interface is None:
            return
        name = interface.name
        if added:
            self._feed(AddressAdded(interface=name, address=address, prefix_length=prefix_length))
        elif not self._is_set_again(index, name, address, prefix_length):
            self._feed(AddressRemoved(interface=name, address=address, prefix_length=prefix_length))


def _facts(interface: Interface) -> InterfaceFacts:
    return InterfaceFacts(name=interface.name, is_up=interface.is_up, addresses=interface.addresses)
