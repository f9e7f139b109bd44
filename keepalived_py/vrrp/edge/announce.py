"""Gratuitous ARP on the wire: tells switches and neighbours where an address is now. When, and how often, is ``announcing.py``'s.

Source: reference/vrrp-behaviour.md §9.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from keepalived_py.kernel.sockets import open_arp, send_arp
from keepalived_py.log import Level
from keepalived_py.wire.arp import encode_gratuitous

if TYPE_CHECKING:
    from collections.abc import Callable

    from keepalived_py.kernel.interfaces import Interface
    from keepalived_py.log import Log
    from keepalived_py.vrrp.events import SendGratuitousArp

_ETHERNET = 1


class Announcements:
    """The socket that all instances share. Raises OSError when it cannot be opened. ``interface`` finds one by its name."""

    def __init__(self, log: Log, *, interface: Callable[[str], Interface | None]) -> None:
        self._log = log
        self._interface = interface
        self._arp = open_arp()
        log.detail("Registering gratuitous ARP shared channel")

    def send_arp(self, effect: SendGratuitousArp) -> None:
        """Send one gratuitous ARP request, where that makes sense."""
        interface = self._interface(effect.interface)
        if interface is None or not interface.has_arp or interface.hardware_type != _ETHERNET:
            return
        if not isinstance(effect.address, IPv4Address):
            return
        self._log.detail(f"Sending gratuitous ARP on {effect.interface} for {effect.address}")
        try:
            send_arp(self._arp, interface.index, encode_gratuitous(effect.address, interface.mac))
        except OSError as error:
            self._log(
                Level.INFO,
                f"Error {error.errno} ({error.strerror}) sending gratuitous ARP on {effect.interface}"
                f" for {effect.address}",
            )

    def close(self) -> None:
        """Close the socket."""
        self._arp.close()
