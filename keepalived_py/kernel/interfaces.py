"""Interfaces and their addresses: listed once, then followed as the kernel reports changes.

Owns the monitoring socket and the table it keeps. Uses our own netlink codec rather than pyroute2: importing pyroute2
costs 66 ms and 11.6 MiB of private memory in the process that must be the smallest and quickest of all, for two message
types.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from keepalived_py.kernel.netlink_socket import NetlinkSocket
from keepalived_py.kernel.receive_buffer import enlarge, resize
from keepalived_py.wire.errors import WireError
from keepalived_py.wire.ip import AF_UNSPEC
from keepalived_py.wire.links import IPVLAN, MACVLAN, LinkDetails, decode_link_details
from keepalived_py.wire.netlink import NetlinkMessage, decode_messages
from keepalived_py.wire.rtnetlink import (
    IFA_F_OPTIMISTIC,
    IFA_F_TENTATIVE,
    IFF_NOARP,
    IFF_RUNNING,
    IFF_UP,
    RTM_DELADDR,
    RTM_DELLINK,
    RTM_GETADDR,
    RTM_GETLINK,
    RTM_NEWADDR,
    RTM_NEWLINK,
    RTMGRP_IPV4_IFADDR,
    RTMGRP_IPV6_IFADDR,
    RTMGRP_LINK,
    InterfaceAddress,
    Link,
    decode_address,
    encode_get_addresses,
    encode_get_links,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from keepalived_py.config.ast import IPAddress

# Room for some thousand reports, in case somebody sets addresses by the hundred while we are busy.
_RECEIVE_BUFFER = 1 << 20
_RECEIVE_SIZE = 65536
# Then adverts and timers get their turn, however fast somebody else changes interfaces.
_READS_AT_ONCE = 256
#: How often everything is read in a row while more and more is reported; what comes then is taken one by one.
_RESYNCHRONISATIONS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """One interface as last reported; ``addresses`` are (address, prefix length) in the kernel's order.

    ``base`` is the index of the interface that a macvlan or ipvlan is a part of, else 0. IPv6 addresses count from the end of
    duplicate address detection on.
    """

    index: int
    name: str
    mac: bytes = b""
    mtu: int = 0
    flags: int = 0
    hardware_type: int = 1
    link: int = 0
    base: int = 0
    master: int = 0
    addresses: tuple[tuple[IPAddress, int], ...] = ()

    @property
    def is_up(self) -> bool:
        """Whether it is administratively up and has a carrier (reference/vrrp-behaviour.md §7)."""
        return self.flags & (IFF_UP | IFF_RUNNING) == IFF_UP | IFF_RUNNING

    @property
    def has_arp(self) -> bool:
        """Whether gratuitous ARP makes sense here."""
        return not self.flags & IFF_NOARP


def list_interfaces() -> dict[str, Interface]:
    """Return the interfaces of this network namespace by name. Raises OSError when netlink fails."""
    with NetlinkSocket(socket.NETLINK_ROUTE) as netlink:
        links = netlink.dump(RTM_GETLINK, encode_get_links())
        addresses = netlink.dump(RTM_GETADDR, encode_get_addresses())
    table: dict[int, Interface] = {}
    for message in links:
        with contextlib.suppress(WireError):
            interface = _interface(decode_link_details(message.payload))
            table[interface.index] = interface
    for message in addresses:
        with contextlib.suppress(WireError):
            address = decode_address(message.payload)
            owner = table.get(address.interface_index)
            if owner is not None and not _is_tentative(address):
                table[owner.index] = _with_address(owner, address.address, address.prefix_length)
    return {interface.name: interface for interface in table.values()}


class InterfaceMonitor:
    """Keeps ``interfaces`` current and calls back what changed, in the kernel's order.

    ``on_link(interface)``: new, or its state, address or size differs. ``on_link_deleted(name, new_name)``: gone,
    or renamed (then ``on_link`` with the new name follows; else that is empty).
    ``on_address(index, address, prefix_length, added)``.
    ``on_overrun()``: reports were lost; the table has been read anew and the calls for whatever differs follow it.
    """

    def __init__(
        self,
        *,
        on_link: Callable[[Interface], None],
        on_link_deleted: Callable[[str, str], None],
        on_address: Callable[[int, IPAddress, int, bool], None],
        on_overrun: Callable[[], None],
    ) -> None:
        self._on_link = on_link
        self._on_link_deleted = on_link_deleted
        self._on_address = on_address
        self._on_overrun = on_overrun
        self._socket: socket.socket | None = None
        self._table: dict[int, Interface] = {}

    @property
    def interfaces(self) -> dict[str, Interface]:
        """The interfaces known now, by name."""
        return {interface.name: interface for interface in self._table.values()}

    def interface(self, index: int) -> Interface | None:
        """Return the interface with this index, None when there is none."""
        return self._table.get(index)

    def start(self) -> dict[str, Interface]:
        """Subscribe, read everything once without callbacks, and watch from the running loop. Raises OSError."""
        self._socket = socket.socket(
            socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE
        )
        enlarge(self._socket, _RECEIVE_BUFFER)
        self._socket.bind((0, RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR))
        self._table = {interface.index: interface for interface in list_interfaces().values()}
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._readable)
        return self.interfaces

    def resize(self, size: int, *, force: bool) -> None:
        """Let ``size`` bytes of reports wait, past the system's limit with ``force``. Raises OSError."""
        if self._socket is not None:
            resize(self._socket, size, force=force)

    def close(self) -> None:
        """Stop watching."""
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._socket.close()
            self._socket = None

    def resynchronise(self) -> None:
        """Read everything anew and call back what differs from the table. Raises OSError."""
        self._adopt({interface.index: interface for interface in list_interfaces().values()})

    def _adopt(self, fresh: dict[int, Interface]) -> None:
        for index, known in list(self._table.items()):
            if index not in fresh or fresh[index].name != known.name:
                self._delete(known, fresh[index].name if index in fresh else "")
        for interface in fresh.values():
            current = self._table.get(interface.index)
            known_addresses = current.addresses if current else ()
            self._update(replace(interface, addresses=known_addresses))
            for address in known_addresses:
                if address not in interface.addresses:
                    self._address_event(interface.index, *address, added=False)
            for address in interface.addresses:
                self._address_event(interface.index, *address, added=True)

    def read_again(self) -> dict[str, Interface]:
        """Read everything anew without callbacks, after changes of our own; reports that are older are dropped. Raises OSError."""
        self._drain()
        self._table = {interface.index: interface for interface in list_interfaces().values()}
        return self.interfaces

    def catch_up(self) -> None:
        """Call back at once what changes of our own make different. Raises OSError."""
        self._drain()
        self.resynchronise()

    def _readable(self) -> None:
        for _ in range(_READS_AT_ONCE):
            if self._socket is None:
                return
            try:
                data = self._socket.recv(_RECEIVE_SIZE)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                self._overrun()
                return
            with contextlib.suppress(WireError):
                self._apply(decode_messages(data))

    def _overrun(self) -> None:
        self._on_overrun()
        fresh: dict[int, Interface] = {}
        for _ in range(_RESYNCHRONISATIONS):
            # What is still queued is older than the table about to be read: applied after it, it would turn the clock back.
            self._drain()
            fresh = {interface.index: interface for interface in list_interfaces().values()}
            if not self._something_waits():
                break
        self._adopt(fresh)

    def _drain(self) -> None:
        while self._socket is not None:
            try:
                self._socket.recv(_RECEIVE_SIZE)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise

    def _something_waits(self) -> bool:
        if self._socket is None:
            return False
        try:
            self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise
        return True

    def _apply(self, messages: Iterable[NetlinkMessage]) -> None:
        for message in messages:
            with contextlib.suppress(WireError):
                if message.type in {RTM_NEWLINK, RTM_DELLINK}:
                    details = decode_link_details(message.payload)
                    link = details.link
                    # A port that leaves its bridge is reported as a deleted link of the bridge family: it still exists.
                    if link.family == AF_UNSPEC:
                        self._link_changed(details) if message.type == RTM_NEWLINK else self._link_deleted(link)
                elif message.type in {RTM_NEWADDR, RTM_DELADDR}:
                    address = decode_address(message.payload)
                    if message.type == RTM_NEWADDR and _is_tentative(address):
                        continue
                    self._address_event(
                        address.interface_index,
                        address.address,
                        address.prefix_length,
                        added=message.type == RTM_NEWADDR,
                    )

    def _link_changed(self, details: LinkDetails) -> None:
        link = details.link
        known = self._table.get(link.index)
        if known is not None and not link.mtu:
            # Wireless events are link messages with name and flags alone.
            link = replace(link, mac=known.mac, mtu=known.mtu, link=known.link, master=known.master)
            details = replace(details, link=link, kind=MACVLAN if known.base else "")
        if known is not None and known.name != link.name:
            self._delete(known, link.name)
        self._update(_interface(details, known.addresses if known else ()))

    def _link_deleted(self, link: Link) -> None:
        known = self._table.get(link.index)
        if known is not None:
            self._delete(known)

    def _update(self, interface: Interface) -> None:
        if self._table.get(interface.index) != interface:
            self._table[interface.index] = interface
            self._on_link(interface)

    def _delete(self, interface: Interface, new_name: str = "") -> None:
        del self._table[interface.index]
        self._on_link_deleted(interface.name, new_name)

    def _address_event(self, index: int, address: IPAddress, prefix_length: int, *, added: bool) -> None:
        interface = self._table.get(index)
        if interface is None or ((address, prefix_length) in interface.addresses) == added:
            return
        if added:
            self._table[index] = _with_address(interface, address, prefix_length)
        else:
            rest = tuple(pair for pair in interface.addresses if pair != (address, prefix_length))
            self._table[index] = replace(interface, addresses=rest)
        self._on_address(index, address, prefix_length, added)


def _is_tentative(address: InterfaceAddress) -> bool:
    # Nothing can be sent from an IPv6 address under duplicate detection; the kernel reports it again when that has ended well.
    return address.flags & (IFA_F_TENTATIVE | IFA_F_OPTIMISTIC) == IFA_F_TENTATIVE


def _interface(details: LinkDetails, addresses: tuple[tuple[IPAddress, int], ...] = ()) -> Interface:
    link = details.link
    return Interface(
        index=link.index,
        name=link.name,
        mac=link.mac,
        mtu=link.mtu,
        flags=link.flags,
        hardware_type=link.hardware_type,
        link=link.link,
        base=link.link if details.kind in {MACVLAN, IPVLAN} else 0,
        master=link.master,
        addresses=addresses,
    )


def _with_address(interface: Interface, address: IPAddress, prefix_length: int) -> Interface:
    return replace(interface, addresses=(*interface.addresses, (address, prefix_length)))
