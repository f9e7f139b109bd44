"""What a configuration may want to know of a network interface, and what the live machine says of it.

Asks by ioctl and /proc, without netlink; changes nothing.
"""

from __future__ import annotations

import fcntl
import ipaddress
import os
import socket
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from keepalived_py.config.ast import IPAddress

#: An address with the network it is in.
Network: TypeAlias = ipaddress.IPv4Interface | ipaddress.IPv6Interface

_IFF_LOOPBACK: Final = 0x8
_IFF_MULTICAST: Final = 0x1000
_SIOCGIFFLAGS: Final = 0x8913
_SIOCGIFADDR: Final = 0x8915
_SIOCGIFNETMASK: Final = 0x891B
_SIOCGIFMTU: Final = 0x8921
_SIOCGIFHWADDR: Final = 0x8927
_U16: Final = struct.Struct("=H")
_I32: Final = struct.Struct("=i")
_ARPHRD_LOOPBACK: Final = 772
_ARPHRD_ETHER: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceFacts:
    """One network interface. ``addresses`` are its own, the first IPv4 one first."""

    name: str
    mtu: int = 1500
    loopback: bool = False
    multicast: bool = True
    ethernet: bool = True
    addresses: tuple[IPAddress, ...] = ()
    #: The addresses with their networks; () when not known.
    networks: tuple[Network, ...] = ()
    #: The kernel's number; 0 where there is none.
    index: int = 0
    #: Its link-local address may be used: the kernel has found no duplicate.
    link_local_ready: bool = True


def look_at(name: str) -> InterfaceFacts | None:
    """Ask the kernel by ioctl, which answers for our own network namespace whatever is mounted on /sys; None: there is none."""
    request = struct.pack("256s", os.fsencode(name)[:15])
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as query:
            flags = _U16.unpack_from(fcntl.ioctl(query, _SIOCGIFFLAGS, request), 16)[0]
            mtu = _I32.unpack_from(fcntl.ioctl(query, _SIOCGIFMTU, request), 16)[0]
            index = socket.if_nametoindex(name)
            kind = _U16.unpack_from(fcntl.ioctl(query, _SIOCGIFHWADDR, request), 16)[0]
            networks = _networks_of(query, name)
    except OSError:
        return None
    return InterfaceFacts(
        name=name,
        mtu=mtu,
        loopback=kind == _ARPHRD_LOOPBACK or bool(flags & _IFF_LOOPBACK),
        multicast=bool(flags & _IFF_MULTICAST),
        ethernet=kind == _ARPHRD_ETHER,
        addresses=tuple(network.ip for network in networks),
        networks=networks,
        index=index,
    )


def _networks_of(query: socket.socket, name: str) -> tuple[Network, ...]:
    """Give the first IPv4 address and the IPv6 ones."""
    found: list[Network] = []
    request = struct.pack("256s", os.fsencode(name)[:15])
    try:
        address = ipaddress.IPv4Address(fcntl.ioctl(query, _SIOCGIFADDR, request)[20:24])
        mask = ipaddress.IPv4Address(fcntl.ioctl(query, _SIOCGIFNETMASK, request)[20:24])
        found.append(ipaddress.IPv4Interface((address, str(mask))))
    except (OSError, ValueError):
        pass  # it has none
    try:
        with open("/proc/thread-self/net/if_inet6", encoding="ascii") as stream:
            lines = stream.read().splitlines()
    except OSError:
        lines = []
    for line in lines:
        fields = line.split()
        if fields[-1] == name:
            found.append(ipaddress.IPv6Interface((bytes.fromhex(fields[0]), int(fields[2], 16))))
    return tuple(found)
