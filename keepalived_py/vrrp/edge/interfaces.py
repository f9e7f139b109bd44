"""Reports of the kernel about interfaces and their addresses, turned into events of the router.

Owns the monitor and the picture of the interfaces that the other modules of the edge ask. Source: reference/vrrp-behaviour.md §13.
"""

from __future__ import annotations

import errno
import os
import time
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

    from keepalived_py.config.ast import IPAddress, SocketBuffer
    from keepalived_py.kernel.interfaces import Interface
    from keepalived_py.log import Log
    from keepalived_py.vrrp.events import RouterEvent

#: So often at most the log hears that reports were lost.
_REPEAT_REMARK_SECONDS = 10.0


class InterfaceReports:
    """The monitor's reports.

    ``feed`` takes the events. ``is_there(index, interface, address, prefix length)`` says whether the report of a removal is older
    than the address. ``on_mtu(interface)`` is called when an interface takes packets of another size.
    ``on_moved`` is told of an interface that another one is the master of now. ``is_ours`` tells whether we make an interface
    ourselves: what is below it is our own affair.
    """

    def __init__(
        self,
        log: Log,
        *,
        feed: Callable[[RouterEvent], None],
        is_there: Callable[[int, str, IPAddress, int], bool],
        on_mtu: Callable[[str], None],
        on_moved: Callable[[Interface], None],
        is_ours: Callable[[str], bool],
    ) -> None:
        self._feed = feed
        self._log = log
        self._is_there = is_there
        self._on_mtu = on_mtu
        self._on_moved = on_moved
        self._is_ours = is_ours
        self._overrun_told_at = float("-inf")
        self._monitor = InterfaceMonitor(
            on_link=self._link_changed,
            on_link_deleted=self._link_deleted,
            on_address=self._address_changed,
            on_overrun=self._overrun,
        )
        self.by_name: dict[str, Interface] = {}
        #: Whether an interface may come back as another kind of interface; what those that went were; those that are not taken.
        self.changes_allowed = False
        self._former: dict[str, int] = {}
        self._refused: set[str] = set()

    def start(self, buffer: SocketBuffer) -> None:
        """List the interfaces and follow them from now on, with this much room for reports. Raises OSError."""
        self.by_name = self._monitor.start()
        self.resize(buffer)

    def resize(self, buffer: SocketBuffer) -> None:
        """Let as many reports wait as is configured; a size of 0 leaves it as it is."""
        if buffer.size:
            try:
                self._monitor.resize(buffer.size, force=buffer.force)
            except OSError as error:
                option = "SO_RCVBUFFORCE" if buffer.force else "SO_RCVBUF"
                self._log(Level.INFO, f"Cannot set {option} IP option. errno={error.errno} ({error.strerror})")

    def read_again(self) -> None:
        """List them anew without a word, after changes of our own. Raises OSError."""
        self.by_name = self._monitor.read_again()

    def catch_up(self) -> None:
        """Report at once what changes of our own make different. Raises OSError."""
        self._monitor.catch_up()

    def close(self) -> None:
        """Follow them no longer."""
        self._monitor.close()

    def get(self, name: str) -> Interface | None:
        """Return the interface of this name, None if there is none."""
        return self.by_name.get(name)

    def facts(self) -> list[InterfaceFacts]:
        """Return what the router must know of every interface."""
        return [self._facts(interface) for interface in self.by_name.values()]

    def _link_changed(self, interface: Interface) -> None:
        known = self.by_name.get(interface.name)
        if known is None and self._is_another_kind(interface):
            return
        self.by_name[interface.name] = interface
        if known is None:
            self._feed(InterfaceAdded(facts=self._facts(interface)))
            return
        if known.mtu != interface.mtu:
            self._on_mtu(interface.name)
        if known.is_up != interface.is_up:
            self._feed(InterfaceChanged(name=interface.name, is_up=interface.is_up, flags=interface.flags))
        if known.master != interface.master:
            self._on_moved(interface)

    def _is_another_kind(self, interface: Interface) -> bool:
        name = interface.name
        former = self._former.get(name)
        if self.changes_allowed or former is None or former == interface.base or self._is_ours(name):
            self._refused.discard(name)
            return False
        if name not in self._refused:
            self._refused.add(name)
            text = f"Interface {name} is not what it was - not used without dynamic_interfaces allow_if_changes"
            self._log(Level.INFO, text)
        return True

    def _link_deleted(self, name: str, new_name: str) -> None:
        self._refused.discard(name)
        if name in self.by_name:
            self._former[name] = self.by_name[name].base
            # While this goes on it is still known: what we have set on an interface that was renamed must be removed from it.
            self._feed(InterfaceRemoved(name=name, new_name=new_name))
            del self.by_name[name]

    def _overrun(self) -> None:
        now = time.monotonic()
        if now - self._overrun_told_at < _REPEAT_REMARK_SECONDS:
            return
        self._overrun_told_at = now
        reason = os.strerror(errno.ENOBUFS)
        self._log(Level.INFO, f"Netlink: Receive buffer overrun on monitor socket - ({reason})")
        self._log(Level.INFO, "  - increase the relevant netlink_rcv_bufs global parameter and/or set force")

    def _address_changed(self, index: int, address: IPAddress, prefix_length: int, added: bool) -> None:
        interface = self._monitor.interface(index)
        if interface is None:
            return
        name = interface.name
        if name in self._refused:
            return
        if added:
            self._feed(AddressAdded(interface=name, address=address, prefix_length=prefix_length))
        elif not self._is_there(index, name, address, prefix_length):
            self._feed(AddressRemoved(interface=name, address=address, prefix_length=prefix_length))

    def _facts(self, interface: Interface) -> InterfaceFacts:
        base = self._monitor.interface(interface.base) if interface.base else None
        return InterfaceFacts(
            name=interface.name,
            is_up=interface.is_up,
            flags=interface.flags,
            addresses=interface.addresses,
            base=base.name if base is not None else "",
        )
