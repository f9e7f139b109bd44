"""Sockets that carry VRRP, gratuitous ARP and neighbour advertisements (reference/vrrp-behaviour.md §2.5 and §4).

Owns socket options and the calls that move one message. Decides nothing: errors of opening and sending go to the caller
as OSError, because only the VRRP room knows whether they mean FAULT.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import struct
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from keepalived_py.wire.errors import WireError
from keepalived_py.wire.ip import PROTOCOL_VRRP, TOS_INTERNETWORK_CONTROL
from keepalived_py.wire.recent import RecentPackets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keepalived_py.config.ast import IPAddress
    from keepalived_py.wire.vrrp import Packet

# Options of linux/in.h, linux/in6.h and asm-generic/socket.h that Python's socket module does not name.
_IP_FREEBIND = 15
_IP_MULTICAST_ALL = 49
_IPV6_MULTICAST_ALL = 29
_IPV6_FREEBIND = 78
_SO_ATTACH_FILTER = 26
_SO_PRIORITY = 12
_TC_PRIO_CONTROL = 7

_CHECKSUM_OFFSET = 6
_HOP_LIMIT = 255
# 255 IPv6 addresses with header and trailer take 4.1 kB; jumbo frames carry no more than this either.
_RECEIVE_SIZE = 9216
_PACKET_INFO = struct.Struct("@16sI")
_INT = struct.Struct("@i")
_ETHERTYPE = slice(12, 14)
# Plain numbers: arithmetic with the socket module's flags costs as much as a system call.
_TRUNCATED = int(socket.MSG_TRUNC)
_NOT_ROUTED = int(socket.MSG_DONTROUTE)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VrrpSockets:
    """Two raw sockets, non-blocking: ``receive`` for the event loop to watch, ``send`` that never gets anything.

    ``source`` is the address that adverts leave from unless another is said, ``group`` the multicast group or None for
    unicast.
    """

    receive: socket.socket
    send: socket.socket
    source: IPAddress
    group: IPAddress | None
    interface_index: int = 0
    _recent: RecentPackets = field(default_factory=RecentPackets, init=False, repr=False)
    #: Destinations in the socket module's words, found by identity: writing one anew costs a fifth of sending to it.
    _targets: dict[int, tuple[IPAddress, tuple[str, int] | tuple[str, int, int, int]]] = field(
        default_factory=dict, init=False, repr=False
    )

    @property
    def version(self) -> int:
        """The version of IP: 4 or 6."""
        return (self.group or self.source).version

    def receive_packet(self) -> Packet | None:
        """Return the next packet that waits, None when none does.

        Raises WireError when it cannot be read as VRRP, and OSError as the socket gives it (ENETDOWN when the interface
        went down).
        """
        try:
            data, ancillary, flags, address = self.receive.recvmsg(_RECEIVE_SIZE, 128)
        except BlockingIOError:
            return None
        if flags & _TRUNCATED:
            raise WireError(f"message truncated to {len(data)} bytes")
        if self.version == 4:
            return self._recent.ipv4(data)
        destination, hop_limit = _ipv6_ancillary(ancillary)
        source = IPv6Address(address[0].split("%", 1)[0])
        return self._recent.ipv6(data, source=source, destination=destination, hop_limit=hop_limit)

    def send_datagram(
        self,
        datagram: bytes,
        destination: IPAddress,
        *,
        source: IPAddress | None = None,
        hop_limit: int | None = None,
    ) -> None:
        """Send one advert: with its IPv4 header, or the VRRP message alone for IPv6. Raises OSError.

        ``source`` and ``hop_limit`` are for IPv6 alone, whose header the kernel writes; without a hop limit it takes its
        own for unicast. Multicast is not routed: it leaves on this interface or not at all.
        """
        flags = 0 if self.group is None else _NOT_ROUTED
        known = self._targets.get(id(destination))
        if known is None or known[0] is not destination:
            target = _socket_address(destination, self.interface_index)
            known = self._targets[id(destination)] = (destination, target)
        if destination.version == 4:
            self.send.sendto(datagram, flags, known[1])
            return
        packet_info = _PACKET_INFO.pack((source or self.source).packed, self.interface_index)
        ancillary = [(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, packet_info)]
        if hop_limit is not None:
            ancillary.append((socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT, _INT.pack(hop_limit)))
        self.send.sendmsg(
            (datagram,),
            ancillary,
            flags,
            known[1],
        )

    def close(self) -> None:
        """Close both; the caller has taken ``receive`` from the event loop before."""
        self.receive.close()
        self.send.close()


def open_vrrp_multicast(
    interface_name: str,
    interface_index: int,
    source: IPAddress,
    group: IPAddress,
    *,
    protocol: int = PROTOCOL_VRRP,
) -> VrrpSockets:
    """Open sockets that hear only this group on only this interface, and send there without hearing themselves.

    ``protocol`` is VRRP's, or AH's where adverts carry an authentication header. Raises OSError: ENODEV for an interface
    that is not there, EPERM without CAP_NET_RAW.
    """
    receive = _raw_socket(group.version, protocol)
    send = receive
    try:
        _no_foreign_groups(receive, group.version)
        if group.version == 4:
            membership = group.packed + bytes(4) + _INT.pack(interface_index)
            receive.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
            receive.bind((str(group), 0))
        else:
            membership = group.packed + _INT.pack(interface_index)
            receive.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, membership)
            receive.bind((str(group), 0, 0, interface_index))
            _tell_destination(receive)
        _bind_to_device(receive, interface_name)
        send = _send_socket(group.version, interface_name, protocol)
        if group.version == 4:
            outgoing = bytes(8) + _INT.pack(interface_index)
            send.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, outgoing)
            send.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
        else:
            send.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, interface_index)
            send.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP, 0)
            send.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, _HOP_LIMIT)
    except OSError:
        receive.close()
        send.close()
        raise
    return VrrpSockets(receive=receive, send=send, source=source, group=group, interface_index=interface_index)


def open_vrrp_unicast(
    source: IPAddress,
    interface_name: str | None = None,
    *,
    interface_index: int = 0,
    require_source: bool = True,
    protocol: int = PROTOCOL_VRRP,
) -> VrrpSockets:
    """Open sockets that hear what is sent to ``source``, on one interface or on all.

    With ``require_source`` the address must be one of this host's, else OSError EADDRNOTAVAIL: keepalived up to 2.3.1
    put the instance into FAULT then. Without it the receiving socket waits for the address to appear, as keepalived
    does since 2.3.2. ``interface_index`` is needed for link-local sources only.
    """
    if require_source:
        check_source(source, interface_index)
    receive = _raw_socket(source.version, protocol)
    send = receive
    try:
        _no_foreign_groups(receive, source.version)
        if source.version == 4:
            receive.setsockopt(socket.IPPROTO_IP, _IP_FREEBIND, 1)
        else:
            receive.setsockopt(socket.IPPROTO_IPV6, _IPV6_FREEBIND, 1)
            _tell_destination(receive)
        receive.bind(_socket_address(source, interface_index))
        if interface_name is not None:
            _bind_to_device(receive, interface_name)
        send = _send_socket(source.version, interface_name, protocol)
    except OSError:
        receive.close()
        send.close()
        raise
    return VrrpSockets(receive=receive, send=send, source=source, group=None, interface_index=interface_index)


def check_source(source: IPAddress, interface_index: int = 0) -> None:
    """Raise OSError EADDRNOTAVAIL unless ``source`` is an address of this host that can be sent from now.

    Asked of a socket that is thrown away: the sending socket itself stays unbound, so that an address which goes for a
    moment does not take it along.
    """
    family = socket.AF_INET if source.version == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as probe:
        probe.bind(_socket_address(source, interface_index))


def open_link() -> socket.socket:
    """Open a packet socket that sends frames on any interface and receives nothing. Raises OSError."""
    return socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK, 0)


def send_frame(sock: socket.socket, interface_index: int, frame: bytes) -> None:
    """Send a whole frame on an interface. Raises OSError: ENODEV or ENXIO when it is gone, ENETDOWN when it is down."""
    try:
        name = socket.if_indextoname(interface_index)
    except OSError as error:
        raise OSError(errno.ENODEV, os.strerror(errno.ENODEV)) from error
    sock.sendto(frame, (name, int.from_bytes(frame[_ETHERTYPE], "big")))


def _raw_socket(version: int, protocol: int) -> socket.socket:
    family = socket.AF_INET if version == 4 else socket.AF_INET6
    made = socket.socket(family, socket.SOCK_RAW | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK, protocol)
    if version == 6:
        # The kernel fills in and verifies the checksum of raw IPv6 messages (§2.4).
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_CHECKSUM, _CHECKSUM_OFFSET)
    return made


def _send_socket(version: int, interface_name: str | None, protocol: int) -> socket.socket:
    made = _raw_socket(version, protocol)
    try:
        _receive_nothing(made)
        _no_foreign_groups(made, version)
        made.setsockopt(socket.SOL_SOCKET, _SO_PRIORITY, _TC_PRIO_CONTROL)
        if version == 4:
            made.setsockopt(socket.IPPROTO_IP, socket.IP_HDRINCL, 1)
        else:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, TOS_INTERNETWORK_CONTROL)
        if interface_name is not None:
            _bind_to_device(made, interface_name)
    except OSError:
        made.close()
        raise
    return made


def _receive_nothing(sock: socket.socket) -> None:
    # A raw socket gets a copy of everything of its protocol: one BPF instruction, "return 0", drops it before it is
    # queued.
    program = ctypes.create_string_buffer(struct.pack("@HBBI", 0x06, 0, 0, 0))
    sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("@HP", 1, ctypes.addressof(program)))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 0)


def _no_foreign_groups(sock: socket.socket, version: int) -> None:
    # By default a socket hears every group that any socket of the host has joined.
    if version == 4:
        sock.setsockopt(socket.IPPROTO_IP, _IP_MULTICAST_ALL, 0)
    else:
        sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_MULTICAST_ALL, 0)


def _bind_to_device(sock: socket.socket, name: str) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, os.fsencode(name) + b"\0")


def _tell_destination(sock: socket.socket) -> None:
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)


def _socket_address(address: IPAddress, interface_index: int) -> tuple[str, int] | tuple[str, int, int, int]:
    if isinstance(address, IPv4Address):
        return str(address), 0
    return str(address), 0, 0, interface_index if address.is_link_local else 0


def _ipv6_ancillary(ancillary: Sequence[tuple[int, int, bytes]]) -> tuple[IPv6Address, int | None]:
    destination = IPv6Address(0)
    hop_limit: int | None = None
    for level, type_, data in ancillary:
        if level == socket.IPPROTO_IPV6 and type_ == socket.IPV6_PKTINFO and len(data) == _PACKET_INFO.size:
            destination = IPv6Address(_PACKET_INFO.unpack(data)[0])
        elif level == socket.IPPROTO_IPV6 and type_ == socket.IPV6_HOPLIMIT and len(data) == _INT.size:
            hop_limit = _INT.unpack(data)[0]
    return destination, hop_limit
