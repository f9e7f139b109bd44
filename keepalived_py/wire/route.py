"""rtnetlink messages for routes (``linux/rtnetlink.h``): RTM_NEWROUTE, RTM_DELROUTE and dumps.

Owns every attribute that keepalived can configure. Our own codec rather than pyroute2: a take-over sets routes between the
addresses and the gratuitous ARP, where 66 ms for an import have no place; the tests hold it against pyroute2's.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from keepalived_py.wire.encapsulation import Encapsulation, decode_encapsulation, encode_encapsulation
from keepalived_py.wire.errors import WireError
from keepalived_py.wire.ip import AF_INET, AF_INET6, IPAddress
from keepalived_py.wire.netlink import attribute, decode_attributes, terminated, text, unsigned

RTM_NEWROUTE = 24
RTM_DELROUTE = 25
RTM_GETROUTE = 26

TABLE_MAIN = 254
PROTOCOL_KEEPALIVED = 18
SCOPE_NOWHERE = 255
TYPE_UNICAST = 1
#: The gateway is taken to be on the link, whatever the addresses there are.
RTNH_F_ONLINK = 4
#: Flags by which the kernel says how a route or next hop is doing; no part of what was configured.
RTNH_STATE_FLAGS = 0x1 | 0x8 | 0x10 | 0x20 | 0x40
RTAX_FEATURE_ECN = 1

_RTA_DST = 1
_RTA_SRC = 2
_RTA_OIF = 4
_RTA_GATEWAY = 5
_RTA_PRIORITY = 6
_RTA_PREFSRC = 7
_RTA_METRICS = 8
_RTA_MULTIPATH = 9
_RTA_FLOW = 11
_RTA_TABLE = 15
_RTA_VIA = 18
_RTA_PREF = 20
_RTA_EXPIRES = 23
_RTA_TTL_PROPAGATE = 26

#: RTAX_*: the metrics of a route, by the name iproute2 gives them.
METRICS = {
    "lock": 1,
    "mtu": 2,
    "window": 3,
    "rtt": 4,
    "rttvar": 5,
    "ssthresh": 6,
    "cwnd": 7,
    "advmss": 8,
    "reordering": 9,
    "hoplimit": 10,
    "initcwnd": 11,
    "features": 12,
    "rto_min": 13,
    "initrwnd": 14,
    "quickack": 15,
    "congctl": 16,
    "fastopen_no_cookie": 17,
}
_CONGESTION_CONTROL = METRICS["congctl"]
_METRIC_NAMES = {number: name for name, number in METRICS.items()}

_RTMSG = struct.Struct("=BBBBBBBBI")
_RTNEXTHOP = struct.Struct("=HBBi")
_RTVIA = struct.Struct("=H")


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteHop:
    """One next hop of several. ``weight`` counts from 1 to 256; ``interface_index`` 0 follows from the gateway."""

    gateway: IPAddress | None = None
    interface_index: int = 0
    weight: int = 1
    flags: int = 0
    realms: int = 0
    encapsulation: Encapsulation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteMessage:
    """One route as the kernel is told of it; numbers are the kernel's.

    ``destination`` and ``source`` are (address, length); a length of 0 is everything and None the same. ``priority`` is the metric,
    None the kernel's default. ``metrics`` are (name in METRICS, value); ``lock`` is a mask of 1 << number. A gateway of the other
    family becomes RTA_VIA.
    """

    family: int
    destination: tuple[IPAddress, int] | None = None
    source: tuple[IPAddress, int] | None = None
    tos: int = 0
    table: int = TABLE_MAIN
    protocol: int = PROTOCOL_KEEPALIVED
    scope: int = 0
    type: int = TYPE_UNICAST
    flags: int = 0
    gateway: IPAddress | None = None
    interface_index: int = 0
    preferred_source: IPAddress | None = None
    priority: int | None = None
    realms: int = 0
    expires: int | None = None
    metrics: tuple[tuple[str, int], ...] = ()
    congestion_control: str | None = None
    preference: int | None = None
    ttl_propagate: bool | None = None
    encapsulation: Encapsulation | None = None
    hops: tuple[RouteHop, ...] = ()


def encode_route(route: RouteMessage) -> bytes:
    """Return the payload of RTM_NEWROUTE. Raises WireError for a field out of range or of another family."""
    try:
        parts = _key(route)
        if route.realms:
            parts.append(_u32(_RTA_FLOW, route.realms))
        if route.expires is not None:
            parts.append(_u32(_RTA_EXPIRES, route.expires))
        if route.encapsulation is not None:
            parts.append(encode_encapsulation(route.encapsulation))
        if route.preference is not None:
            parts.append(attribute(_RTA_PREF, struct.pack("=B", route.preference)))
        if route.ttl_propagate is not None:
            parts.append(attribute(_RTA_TTL_PROPAGATE, bytes((route.ttl_propagate,))))
        metrics = [_u32(METRICS[name], value) for name, value in route.metrics]
        if route.congestion_control is not None:
            metrics.append(attribute(_CONGESTION_CONTROL, terminated(route.congestion_control)))
        if metrics:
            parts.append(attribute(_RTA_METRICS, b"".join(metrics)))
        if route.hops:
            hops = b"".join(_encode_hop(hop, route.family, complete=True) for hop in route.hops)
            parts.append(attribute(_RTA_MULTIPATH, hops))
        return _head(route, route.scope) + b"".join(parts)
    except struct.error as error:
        raise WireError(f"route field out of range: {error}") from None


def encode_route_key(route: RouteMessage) -> bytes:
    """Return the payload of RTM_DELROUTE: what tells the route from others, nothing that the kernel may have changed.

    A scope of nowhere matches any.
    """
    try:
        parts = _key(route)
        if route.hops:
            hops = b"".join(_encode_hop(hop, route.family, complete=False) for hop in route.hops)
            parts.append(attribute(_RTA_MULTIPATH, hops))
        return _head(route, route.scope or SCOPE_NOWHERE) + b"".join(parts)
    except struct.error as error:
        raise WireError(f"route field out of range: {error}") from None


def encode_get_routes(family: int, table: int = 0, protocol: int = 0) -> bytes:
    """Return the payload of an RTM_GETROUTE dump; kernels since 4.20 filter by table and protocol."""
    head = _RTMSG.pack(family, 0, 0, 0, min(table, 255) if table < 256 else 0, protocol, 0, 0, 0)
    return head + (_u32(_RTA_TABLE, table) if table else b"")


def decode_route(payload: bytes) -> RouteMessage:
    """Read RTM_NEWROUTE or RTM_DELROUTE. Raises WireError for another family than IPv4 and IPv6, or damage."""
    if len(payload) < _RTMSG.size:
        raise WireError("route message without its header")
    family, length, source_length, tos, table, protocol, scope, type_, flags = _RTMSG.unpack_from(payload)
    if family not in {AF_INET, AF_INET6}:
        raise WireError(f"a route of family {family}")
    attributes = decode_attributes(payload[_RTMSG.size :])
    metrics = decode_attributes(attributes.get(_RTA_METRICS, b""))
    algorithm = metrics.pop(_CONGESTION_CONTROL, None)
    return RouteMessage(
        family=family,
        destination=_prefix(family, attributes.get(_RTA_DST), length),
        source=_prefix(family, attributes.get(_RTA_SRC), source_length),
        tos=tos,
        table=_number(attributes, _RTA_TABLE, table),
        protocol=protocol,
        scope=scope,
        type=type_,
        flags=flags,
        gateway=_gateway(family, attributes),
        interface_index=_number(attributes, _RTA_OIF, 0),
        preferred_source=_address(family, attributes[_RTA_PREFSRC]) if _RTA_PREFSRC in attributes else None,
        priority=unsigned(attributes[_RTA_PRIORITY]) if _RTA_PRIORITY in attributes else None,
        realms=_number(attributes, _RTA_FLOW, 0),
        expires=unsigned(attributes[_RTA_EXPIRES]) if _RTA_EXPIRES in attributes else None,
        metrics=tuple(
            (_METRIC_NAMES[number], unsigned(value)) for number, value in metrics.items() if number in _METRIC_NAMES
        ),
        congestion_control=None if algorithm is None else text(algorithm),
        preference=unsigned(attributes[_RTA_PREF]) if _RTA_PREF in attributes else None,
        ttl_propagate=bool(unsigned(attributes[_RTA_TTL_PROPAGATE])) if _RTA_TTL_PROPAGATE in attributes else None,
        encapsulation=decode_encapsulation(attributes),
        hops=_decode_hops(family, attributes.get(_RTA_MULTIPATH, b"")),
    )


def _head(route: RouteMessage, scope: int) -> bytes:
    return _RTMSG.pack(
        route.family,
        route.destination[1] if route.destination else 0,
        route.source[1] if route.source else 0,
        route.tos,
        route.table if route.table < 256 else 0,
        route.protocol,
        scope,
        route.type,
        route.flags,
    )


def _key(route: RouteMessage) -> list[bytes]:
    parts: list[bytes] = []
    if route.table >= 256:
        parts.append(_u32(_RTA_TABLE, route.table))
    for type_, prefix in ((_RTA_DST, route.destination), (_RTA_SRC, route.source)):
        if prefix is not None and prefix[1]:
            parts.append(attribute(type_, _packed(prefix[0], route.family)))
    if route.preferred_source is not None:
        parts.append(attribute(_RTA_PREFSRC, _packed(route.preferred_source, route.family)))
    parts += _via(route.gateway, route.family)
    if route.interface_index:
        parts.append(_u32(_RTA_OIF, route.interface_index))
    if route.priority is not None:
        parts.append(_u32(_RTA_PRIORITY, route.priority))
    return parts


def _via(gateway: IPAddress | None, family: int) -> list[bytes]:
    if gateway is None:
        return []
    own = _family(gateway)
    if own == family:
        return [attribute(_RTA_GATEWAY, gateway.packed)]
    return [attribute(_RTA_VIA, _RTVIA.pack(own) + gateway.packed)]


def _encode_hop(hop: RouteHop, family: int, *, complete: bool) -> bytes:
    parts = _via(hop.gateway, family)
    if complete:
        if hop.realms:
            parts.append(_u32(_RTA_FLOW, hop.realms))
        if hop.encapsulation is not None:
            parts.append(encode_encapsulation(hop.encapsulation))
    inside = b"".join(parts)
    return _RTNEXTHOP.pack(_RTNEXTHOP.size + len(inside), hop.flags, hop.weight - 1, hop.interface_index) + inside


def _decode_hops(family: int, data: bytes) -> tuple[RouteHop, ...]:
    hops: list[RouteHop] = []
    position = 0
    while len(data) - position >= _RTNEXTHOP.size:
        length, flags, weight, index = _RTNEXTHOP.unpack_from(data, position)
        if not _RTNEXTHOP.size <= length <= len(data) - position:
            raise WireError(f"next hop of {length} bytes in {len(data) - position}")
        attributes = decode_attributes(data[position + _RTNEXTHOP.size : position + length])
        hops.append(
            RouteHop(
                gateway=_gateway(family, attributes),
                interface_index=index,
                weight=weight + 1,
                flags=flags,
                realms=_number(attributes, _RTA_FLOW, 0),
                encapsulation=decode_encapsulation(attributes),
            )
        )
        position += length + (-length % 4)
    return tuple(hops)


def _gateway(family: int, attributes: dict[int, bytes]) -> IPAddress | None:
    if _RTA_GATEWAY in attributes:
        return _address(family, attributes[_RTA_GATEWAY])
    via = attributes.get(_RTA_VIA)
    if via is None or len(via) < _RTVIA.size:
        return None
    return _address(_RTVIA.unpack_from(via)[0], via[_RTVIA.size :])


def _prefix(family: int, packed: bytes | None, length: int) -> tuple[IPAddress, int] | None:
    return None if packed is None else (_address(family, packed), length)


def _address(family: int, packed: bytes) -> IPAddress:
    if family == AF_INET and len(packed) == 4:
        return IPv4Address(packed)
    if family == AF_INET6 and len(packed) == 16:
        return IPv6Address(packed)
    raise WireError(f"an address of {len(packed)} bytes in family {family}")


def _packed(address: IPAddress, family: int) -> bytes:
    if _family(address) != family:
        raise WireError(f"{address} in a route of family {family}")
    return address.packed


def _family(address: IPAddress) -> int:
    return AF_INET if address.version == 4 else AF_INET6


def _number(attributes: dict[int, bytes], type_: int, default: int) -> int:
    return unsigned(attributes[type_]) if type_ in attributes else default


def _u32(type_: int, value: int) -> bytes:
    return attribute(type_, struct.pack("=I", value))
