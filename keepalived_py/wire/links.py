"""rtnetlink messages that make, change and remove virtual links: macvlan and ipvlan (``linux/if_link.h``, ``linux/ip.h``).

Owns the nesting of IFLA_LINKINFO and IFLA_AF_SPEC. Everything names its link by name, so that one batch can make a link, set it up
and bring it up without knowing its index. Addresses and the plain part of a link are ``wire/rtnetlink.py``'s.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keepalived_py.wire.errors import WireError
from keepalived_py.wire.ip import AF_INET, AF_INET6, AF_UNSPEC
from keepalived_py.wire.netlink import attribute, decode_attributes, nested, terminated, text, unsigned
from keepalived_py.wire.rtnetlink import IFF_UP, Link, decode_link

if TYPE_CHECKING:
    from collections.abc import Mapping

MACVLAN = "macvlan"
IPVLAN = "ipvlan"
VRF = "vrf"

MACVLAN_MODE_PRIVATE = 1
IPVLAN_MODE_L2 = 0
#: The words of ``use_ipvlan`` and IFLA_IPVLAN_FLAGS.
IPVLAN_FLAGS = {"bridge": 0, "private": 1, "vepa": 2}

# Per-interface settings of IPv4 by number, as IFLA_INET_CONF takes them.
DEVCONF_RP_FILTER = 8
DEVCONF_ARP_FILTER = 13
DEVCONF_ARP_IGNORE = 19
DEVCONF_PROMOTE_SECONDARIES = 20
DEVCONF_ACCEPT_LOCAL = 23

_IFLA_ADDRESS = 1
_IFLA_IFNAME = 3
_IFLA_LINK = 5
_IFLA_MASTER = 10
_IFLA_LINKINFO = 18
_IFLA_AF_SPEC = 26
_IFLA_GROUP = 27
_IFLA_INFO_KIND = 1
_IFLA_INFO_DATA = 2
_IFLA_MACVLAN_MODE = 1
_IFLA_IPVLAN_MODE = 1
_IFLA_IPVLAN_FLAGS = 2
_IFLA_INET_CONF = 1
_IFLA_INET6_ADDR_GEN_MODE = 8
_IN6_ADDR_GEN_MODE_NONE = 1

_MAC_LENGTH = 6
_NAME_LENGTH = 15
_IFINFOMSG = struct.Struct("=BxHiII")


@dataclass(frozen=True, slots=True, kw_only=True)
class MacvlanLink:
    """A macvlan in private mode. ``base`` and ``master`` (a VRF, 0 for none) are interface indices, ``mac`` has 6 bytes."""

    name: str
    base: int
    mac: bytes
    group: int = 0
    master: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class IpvlanLink:
    """An ipvlan of layer 2; ``mode`` is bridge, private or vepa. Indices as in MacvlanLink."""

    name: str
    base: int
    mode: str = "bridge"
    group: int = 0
    master: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkDetails:
    """One link with what it is made of: ``kind`` is empty for a device of its own, ``mode`` the macvlan's, -1 elsewhere."""

    link: Link
    kind: str = ""
    mode: int = -1
    group: int = 0


def encode_new_macvlan(link: MacvlanLink) -> bytes:
    """Return the payload of RTM_NEWLINK (with CREATE and EXCL). Raises WireError for an impossible name or MAC."""
    mode = attribute(_IFLA_MACVLAN_MODE, struct.pack("=I", MACVLAN_MODE_PRIVATE))
    return _new(link, MACVLAN, mode) + attribute(_IFLA_ADDRESS, _mac(link.mac))


def encode_new_ipvlan(link: IpvlanLink) -> bytes:
    """Return the payload of RTM_NEWLINK (with CREATE and EXCL). Raises WireError for an impossible name or mode."""
    if link.mode not in IPVLAN_FLAGS:
        raise WireError(f"ipvlan has no mode {link.mode}")
    mode = attribute(_IFLA_IPVLAN_MODE, struct.pack("=H", IPVLAN_MODE_L2))
    flags = attribute(_IFLA_IPVLAN_FLAGS, struct.pack("=H", IPVLAN_FLAGS[link.mode]))
    return _new(link, IPVLAN, mode, flags)


def encode_correct_macvlan(name: str, mac: bytes) -> bytes:
    """Return the payload of RTM_NEWLINK that gives an existing macvlan the private mode and this MAC."""
    data = nested(_IFLA_INFO_DATA, attribute(_IFLA_MACVLAN_MODE, struct.pack("=I", MACVLAN_MODE_PRIVATE)))
    info = nested(_IFLA_LINKINFO, attribute(_IFLA_INFO_KIND, MACVLAN.encode()), data)
    return _named(name) + info + attribute(_IFLA_ADDRESS, _mac(mac))


def encode_delete_link(name: str) -> bytes:
    """Return the payload of RTM_DELLINK."""
    return _named(name)


def encode_get_link(name: str) -> bytes:
    """Return the payload of an RTM_GETLINK request for one link."""
    return _named(name)


def encode_up(name: str) -> bytes:
    """Return the payload of RTM_NEWLINK that brings a link up."""
    return _named(name, flags=IFF_UP, change=IFF_UP)


def encode_master(name: str, master: int) -> bytes:
    """Return the payload of RTM_NEWLINK that moves a link to another master, 0 for none."""
    return _named(name) + attribute(_IFLA_MASTER, struct.pack("=I", master))


def encode_group(name: str, group: int) -> bytes:
    """Return the payload of RTM_NEWLINK that sets a link's group; set to what it is, all the kernel does is report the link."""
    return _named(name) + attribute(_IFLA_GROUP, struct.pack("=I", group))


def encode_ipv4_settings(name: str, settings: Mapping[int, int]) -> bytes:
    """Return the payload of RTM_NEWLINK that sets DEVCONF_* of a link."""
    values = [attribute(number, struct.pack("=I", value)) for number, value in settings.items()]
    return _named(name) + nested(_IFLA_AF_SPEC, nested(AF_INET, nested(_IFLA_INET_CONF, *values)))


def encode_no_generated_address(name: str) -> bytes:
    """Return the payload of RTM_NEWLINK after which the kernel gives a link no IPv6 address of its own (RFC 5798 §7.4)."""
    mode = attribute(_IFLA_INET6_ADDR_GEN_MODE, bytes((_IN6_ADDR_GEN_MODE_NONE,)))
    return _named(name) + nested(_IFLA_AF_SPEC, nested(AF_INET6, mode))


def decode_link_details(payload: bytes) -> LinkDetails:
    """Read RTM_NEWLINK. Raises WireError."""
    link = decode_link(payload)
    attributes = decode_attributes(payload[_IFINFOMSG.size :])
    info = decode_attributes(attributes.get(_IFLA_LINKINFO, b""))
    kind = text(info.get(_IFLA_INFO_KIND, b""))
    data = decode_attributes(info.get(_IFLA_INFO_DATA, b"")) if kind == MACVLAN else {}
    return LinkDetails(
        link=link,
        kind=kind,
        mode=unsigned(data[_IFLA_MACVLAN_MODE]) if _IFLA_MACVLAN_MODE in data else -1,
        group=unsigned(attributes.get(_IFLA_GROUP, b"\0")),
    )


def _new(link: MacvlanLink | IpvlanLink, kind: str, *data: bytes) -> bytes:
    return b"".join(
        (
            _named(link.name),
            attribute(_IFLA_LINK, struct.pack("=I", link.base)),
            attribute(_IFLA_GROUP, struct.pack("=I", link.group)),
            attribute(_IFLA_MASTER, struct.pack("=I", link.master)) if link.master else b"",
            nested(_IFLA_LINKINFO, attribute(_IFLA_INFO_KIND, kind.encode()), nested(_IFLA_INFO_DATA, *data)),
        )
    )


def _named(name: str, *, flags: int = 0, change: int = 0) -> bytes:
    encoded = terminated(name)
    if not 1 < len(encoded) <= _NAME_LENGTH + 1:
        raise WireError(f"'{name}' is no name for a link")
    return _IFINFOMSG.pack(AF_UNSPEC, 0, 0, flags, change) + attribute(_IFLA_IFNAME, encoded)


def _mac(mac: bytes) -> bytes:
    if len(mac) != _MAC_LENGTH:
        raise WireError(f"a MAC of {len(mac)} bytes")
    return mac
