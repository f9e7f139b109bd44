"""rtnetlink messages for addresses and links (``linux/rtnetlink.h``, ``if_addr.h``, ``if_link.h``).

Owns what the VRRP worker needs thousands of times or must read without pyroute2: adding and removing addresses, and
reading what the kernel says about addresses and links. Routes are in ``wire/route.py``, rules in ``wire/rule.py``.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from keepalived_py.wire.errors import WireError
from keepalived_py.wire.ip import AF_INET, AF_INET6, AF_UNSPEC, IPAddress
from keepalived_py.wire.netlink import attribute, decode_attributes, terminated, text, unsigned

RTM_NEWLINK = 16
RTM_DELLINK = 17
RTM_GETLINK = 18
RTM_NEWADDR = 20
RTM_DELADDR = 21
RTM_GETADDR = 22

RTMGRP_LINK = 0x1
RTMGRP_IPV4_IFADDR = 0x10
RTMGRP_IPV6_IFADDR = 0x100

IFF_UP = 0x1
IFF_LOOPBACK = 0x8
IFF_RUNNING = 0x40
IFF_NOARP = 0x80
IFF_MULTICAST = 0x1000

IFA_F_SECONDARY = 0x01
IFA_F_NODAD = 0x02
IFA_F_OPTIMISTIC = 0x04
IFA_F_DADFAILED = 0x08
IFA_F_HOMEADDRESS = 0x10
IFA_F_TENTATIVE = 0x40
IFA_F_PERMANENT = 0x80
IFA_F_MANAGETEMPADDR = 0x100
IFA_F_NOPREFIXROUTE = 0x200
IFA_F_MCAUTOJOIN = 0x400

SCOPE_GLOBAL = 0
SCOPE_LINK = 253
SCOPE_HOST = 254

FOREVER = 0xFFFFFFFF
#: The value of IFA_PROTO that keepalived uses (reference/vrrp-behaviour.md §10); kernels before 5.18 ignore it.
PROTOCOL_KEEPALIVED = 18

_IFA_ADDRESS = 1
_IFA_LOCAL = 2
_IFA_LABEL = 3
_IFA_BROADCAST = 4
_IFA_CACHEINFO = 6
_IFA_FLAGS = 8
_IFA_PROTO = 11

_IFLA_ADDRESS = 1
_IFLA_IFNAME = 3
_IFLA_MTU = 4
_IFLA_LINK = 5
_IFLA_MASTER = 10
_IFLA_LINKINFO = 18
_IFLA_LINK_NETNSID = 37
_IFLA_INFO_KIND = 1
_IFLA_INFO_DATA = 2
_IFLA_VRF_TABLE = 1

_IFADDRMSG = struct.Struct("=BBBBI")
_IFINFOMSG = struct.Struct("=BxHiII")
_CACHEINFO = struct.Struct("=IIII")


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceAddress:
    """One address of one interface; ``peer`` is the other end of a point-to-point one, whose prefix length it then is.

    ``preferred_lifetime`` and ``valid_lifetime`` are in seconds; ``flags`` are IFA_F_*; ``protocol`` is IFA_PROTO, 0
    for none.
    """

    interface_index: int
    address: IPAddress
    prefix_length: int
    scope: int = SCOPE_GLOBAL
    flags: int = 0
    label: str | None = None
    broadcast: IPAddress | None = None
    peer: IPAddress | None = None
    preferred_lifetime: int = FOREVER
    valid_lifetime: int = FOREVER
    protocol: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One interface. ``mac`` is empty where there is none; ``link`` is the index of the interface below, or 0.

    ``family`` is AF_UNSPEC but for reports that concern one protocol only, as a bridge's of its ports.
    """

    index: int
    name: str
    flags: int
    mac: bytes = b""
    mtu: int = 0
    hardware_type: int = 0
    link: int = 0
    master: int = 0
    family: int = AF_UNSPEC


def encode_address(address: InterfaceAddress) -> bytes:
    """Return the payload of RTM_NEWADDR for an address. Raises WireError when its parts are not of one family.

    IFA_ADDRESS is the peer where there is one, else the address itself, as ``ip address`` sends it.
    """
    parts = [
        _key(address),
        attribute(_IFA_LOCAL, address.address.packed),
        attribute(_IFA_ADDRESS, (address.peer or address.address).packed),
    ]
    if address.peer is not None and address.peer.version != address.address.version:
        raise WireError(f"peer {address.peer} of {address.address} is of another family")
    if address.broadcast is not None:
        if address.broadcast.version != 4 or address.address.version != 4:
            raise WireError(f"broadcast {address.broadcast} of {address.address}: only IPv4 has one")
        parts.append(attribute(_IFA_BROADCAST, address.broadcast.packed))
    if address.label is not None:
        parts.append(attribute(_IFA_LABEL, terminated(address.label)))
    if address.flags > 0xFF:
        parts.append(attribute(_IFA_FLAGS, struct.pack("=I", address.flags)))
    if (address.preferred_lifetime, address.valid_lifetime) != (FOREVER, FOREVER):
        lifetimes = _CACHEINFO.pack(address.preferred_lifetime, address.valid_lifetime, 0, 0)
        parts.append(attribute(_IFA_CACHEINFO, lifetimes))
    if address.protocol:
        parts.append(attribute(_IFA_PROTO, bytes((address.protocol,))))
    return b"".join(parts)


def encode_address_key(address: InterfaceAddress) -> bytes:
    """Return the payload of RTM_DELADDR: what the kernel compares, nothing that could differ from how it was set."""
    parts = [_key(address), attribute(_IFA_LOCAL, address.address.packed)]
    if address.peer is not None:
        parts.append(attribute(_IFA_ADDRESS, address.peer.packed))
    else:
        parts.append(attribute(_IFA_ADDRESS, address.address.packed))
    return b"".join(parts)


def encode_get_addresses(interface_index: int = 0, family: int = AF_UNSPEC) -> bytes:
    """Return the payload of an RTM_GETADDR dump; the kernel filters by index only on sockets with strict checking."""
    return _IFADDRMSG.pack(family, 0, 0, 0, interface_index)


def encode_get_links() -> bytes:
    """Return the payload of an RTM_GETLINK dump."""
    return _IFINFOMSG.pack(AF_UNSPEC, 0, 0, 0, 0)


def encode_get_link(interface_index: int) -> bytes:
    """Return the payload of an RTM_GETLINK request for one interface."""
    return _IFINFOMSG.pack(AF_UNSPEC, 0, interface_index, 0, 0)


def decode_vrf_table(payload: bytes) -> int | None:
    """Return the routing table of the VRF that an RTM_NEWLINK tells of; None when it is another kind of link. Raises WireError."""
    information = decode_attributes(decode_attributes(payload[_IFINFOMSG.size :]).get(_IFLA_LINKINFO, b""))
    if text(information.get(_IFLA_INFO_KIND, b"")) != "vrf":
        return None
    return unsigned(decode_attributes(information.get(_IFLA_INFO_DATA, b"")).get(_IFLA_VRF_TABLE, b"\0"))


def decode_address(payload: bytes) -> InterfaceAddress:
    """Read RTM_NEWADDR or RTM_DELADDR. Raises WireError for another family than IPv4 and IPv6, or no address."""
    if len(payload) < _IFADDRMSG.size:
        raise WireError("address message without its header")
    family, prefix_length, flags, scope, index = _IFADDRMSG.unpack_from(payload)
    attributes = decode_attributes(payload[_IFADDRMSG.size :])
    remote = attributes.get(_IFA_ADDRESS)
    # IPv6 sends IFA_LOCAL only for point-to-point addresses, IPv4 always.
    local = attributes.get(_IFA_LOCAL, remote)
    if local is None:
        raise WireError("address message without address")
    address = _ip_address(family, local)
    peer = _ip_address(family, remote) if remote is not None and remote != local else None
    if _IFA_FLAGS in attributes:
        flags = unsigned(attributes[_IFA_FLAGS])
    lifetimes = attributes.get(_IFA_CACHEINFO, b"")
    preferred, valid = _CACHEINFO.unpack(lifetimes)[:2] if len(lifetimes) == _CACHEINFO.size else (FOREVER, FOREVER)
    broadcast = attributes.get(_IFA_BROADCAST)
    label = attributes.get(_IFA_LABEL)
    return InterfaceAddress(
        interface_index=index,
        address=address,
        prefix_length=prefix_length,
        scope=scope,
        flags=flags,
        label=None if label is None else text(label),
        broadcast=None if broadcast is None else _ip_address(family, broadcast),
        peer=peer,
        preferred_lifetime=preferred,
        valid_lifetime=valid,
        protocol=unsigned(attributes.get(_IFA_PROTO, b"\0")),
    )


def decode_link(payload: bytes) -> Link:
    """Read RTM_NEWLINK or RTM_DELLINK. Raises WireError for one without a name."""
    if len(payload) < _IFINFOMSG.size:
        raise WireError("link message without its header")
    family, hardware_type, index, flags, _ = _IFINFOMSG.unpack_from(payload)
    attributes = decode_attributes(payload[_IFINFOMSG.size :])
    if _IFLA_IFNAME not in attributes:
        raise WireError("link message without a name")
    return Link(
        index=index,
        name=text(attributes[_IFLA_IFNAME]),
        flags=flags,
        mac=attributes.get(_IFLA_ADDRESS, b""),
        mtu=unsigned(attributes.get(_IFLA_MTU, b"\0")),
        hardware_type=hardware_type,
        # An interface below that is in another namespace is none of ours, whatever its number.
        link=unsigned(attributes.get(_IFLA_LINK, b"\0")) if _IFLA_LINK_NETNSID not in attributes else 0,
        master=unsigned(attributes.get(_IFLA_MASTER, b"\0")),
        family=family,
    )


def _key(address: InterfaceAddress) -> bytes:
    family = AF_INET if address.address.version == 4 else AF_INET6
    try:
        return _IFADDRMSG.pack(
            family, address.prefix_length, address.flags & 0xFF, address.scope, address.interface_index
        )
    except struct.error as error:
        raise WireError(f"address field out of range: {error}") from None


def _ip_address(family: int, packed: bytes) -> IPAddress:
    if family == AF_INET and len(packed) == 4:
        return IPv4Address(packed)
    if family == AF_INET6 and len(packed) == 16:
        return IPv6Address(packed)
    raise WireError(f"an address of {len(packed)} bytes in family {family}")
