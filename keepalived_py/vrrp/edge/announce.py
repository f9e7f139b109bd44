"""Gratuitous ARP and unsolicited neighbour advertisements on the wire: they tell switches and neighbours where an address is now.

When, and how often, is ``announcing.py``'s.

Source: reference/vrrp-behaviour.md §9.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from keepalived_py.kernel import sysctl
from keepalived_py.kernel.sockets import open_link, send_frame
from keepalived_py.log import Level
from keepalived_py.wire.arp import encode_gratuitous
from keepalived_py.wire.ndisc import encode_unsolicited

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

    from keepalived_py.config.ast import IPAddress, Microseconds
    from keepalived_py.kernel.interfaces import Interface
    from keepalived_py.log import Log
    from keepalived_py.vrrp.effects import SendGratuitousArp, SendNeighbourAdvertisement

_ETHERNET = 1
_FORWARDING_IS_FRESH: Microseconds = 5_000_000


class Announcements:
    """The socket that all instances share. Raises OSError when it cannot be opened.

    ``interface`` finds one by its name; ``families`` are those of the addresses to be announced, ``now`` is the loop's clock.
    """

    def __init__(
        self,
        log: Log,
        *,
        interface: Callable[[str], Interface | None],
        families: AbstractSet[int],
        now: Callable[[], Microseconds],
    ) -> None:
        self._log = log
        self._interface = interface
        self._now = now
        self._link = open_link()
        #: Whether an interface forwards IPv6, and when that was looked at.
        self._forwards: dict[str, tuple[bool, Microseconds]] = {}
        if 4 in families:
            log.detail("Registering gratuitous ARP shared channel")
        if 6 in families:
            log.detail("Registering gratuitous NDISC shared channel")

    def send_arp(self, effect: SendGratuitousArp) -> None:
        """Send one gratuitous ARP request, where that makes sense."""
        interface = self._ethernet(effect.interface)
        if interface is None or not isinstance(effect.address, IPv4Address):
            return
        if self._log.detailed:
            self._log.detail(f"Sending gratuitous ARP on {effect.interface} for {effect.address}")
        self._send(interface, effect.address, encode_gratuitous(effect.address, interface.mac), "gratuitous ARP")

    def send_neighbour_advertisement(self, effect: SendNeighbourAdvertisement) -> None:
        """Send one unsolicited neighbour advertisement, where that makes sense."""
        interface = self._ethernet(effect.interface)
        if interface is None or not isinstance(effect.address, IPv6Address):
            return
        self._log.detail(f"Sending unsolicited Neighbour Advert on {effect.interface} for {effect.address}")
        frame = encode_unsolicited(effect.address, interface.mac, router=self._is_router(interface.name))
        self._send(interface, effect.address, frame, "ndisc unsolicited neighbour advert")

    def close(self) -> None:
        """Close the socket."""
        self._link.close()

    def _ethernet(self, name: str) -> Interface | None:
        interface = self._interface(name)
        if interface is None or not interface.has_arp or interface.hardware_type != _ETHERNET:
            return None
        return interface

    def _send(self, interface: Interface, address: IPAddress, frame: bytes, what: str) -> None:
        try:
            send_frame(self._link, interface.index, frame)
        except OSError as error:
            self._log(
                Level.INFO,
                f"Error {error.errno} ({error.strerror}) sending {what} on {interface.name} for {address}",
            )

    def _is_router(self, name: str) -> bool:
        """Whether an interface forwards IPv6; looked at every 5 seconds at most."""
        now = self._now()
        known = self._forwards.get(name)
        if known is None or now - known[1] >= _FORWARDING_IS_FRESH:
            try:
                forwards = sysctl.read("net", "ipv6", "conf", name, "forwarding") not in (None, "0")
            except OSError:
                forwards = False
            known = self._forwards[name] = (forwards, now)
        return known[0]
