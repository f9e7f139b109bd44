"""IPVS over generic netlink (``linux/ip_vs.h``): virtual services and their destinations.

Owns the payload from the generic netlink header on; ``wire/netlink.py`` frames it. Every ``encode_*`` returns that
payload, every ``decode_*`` takes it. Our own codec because pyroute2's deletes on "update", cannot make IPv6 services
and swaps the tunnel port (reference/ipvs.md). Layout and order of attributes: reference/ipvs.md §2-§4. Sync daemons and
timeouts are in ``wire/ipvs_control.py``.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from keepalived_py.wire.errors import WireError
from keepalived_py.wire.ipvs_attributes import (
    BE16,
    S32,
    TOP_DEST,
    TOP_SERVICE,
    U16,
    U32,
    VERSION,
    address_family,
    byte,
    ip_address,
    ip_version,
    number,
    required,
)
from keepalived_py.wire.netlink import (
    attribute,
    decode_attributes,
    decode_generic,
    generic,
    nested,
    terminated,
    text,
    unsigned,
)

if TYPE_CHECKING:
    from keepalived_py.wire.ip import IPAddress

NEW_SERVICE = 1
SET_SERVICE = 2
DEL_SERVICE = 3
GET_SERVICE = 4
NEW_DEST = 5
SET_DEST = 6
DEL_DEST = 7
GET_DEST = 8
GET_INFO = 15
ZERO = 16
FLUSH = 17

FLAG_PERSISTENT = 0x1
FLAG_HASHED = 0x2
FLAG_ONE_PACKET = 0x4
FLAG_SCHED1 = 0x8
FLAG_SCHED2 = 0x10
FLAG_SCHED3 = 0x20

METHOD_NAT = 0
METHOD_LOCAL = 1
METHOD_TUN = 2
METHOD_DR = 3
METHOD_BYPASS = 4
_METHOD_MASK = 7

TUNNEL_IPIP = 0
TUNNEL_GUE = 1
TUNNEL_GRE = 2

_INFO_VERSION, _INFO_CONNECTION_TABLE_SIZE = 1, 2

_SVC_AF, _SVC_PROTOCOL, _SVC_ADDR, _SVC_PORT, _SVC_FWMARK, _SVC_SCHED, _SVC_FLAGS = 1, 2, 3, 4, 5, 6, 7
_SVC_TIMEOUT, _SVC_NETMASK, _SVC_STATS, _SVC_PE, _SVC_STATS64 = 8, 9, 10, 11, 12

_DST_ADDR, _DST_PORT, _DST_METHOD, _DST_WEIGHT, _DST_UPPER, _DST_LOWER = 1, 2, 3, 4, 5, 6
_DST_ACTIVE, _DST_INACTIVE, _DST_PERSISTENT, _DST_STATS, _DST_FAMILY, _DST_STATS64 = 7, 8, 9, 10, 11, 12
_DST_TUN_TYPE, _DST_TUN_PORT, _DST_TUN_FLAGS = 13, 14, 15

_FLAGS = struct.Struct("=II")

_FULL_PREFIX = {4: 32, 6: 128}


class ServiceKey(NamedTuple):
    """What the kernel finds a service by: an address, or a firewall mark (then the rest is 0 and None)."""

    family: int
    protocol: int
    address: IPAddress | None
    port: int
    fwmark: int


class DestinationKey(NamedTuple):
    """What the kernel finds a destination by, within its service."""

    address: IPAddress
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One virtual service. Two services with equal fields are the same to the kernel.

    ``family`` is 4 or 6. Either ``address`` with ``protocol`` and ``port``, or ``fwmark`` with ``address`` None.
    ``flags`` holds the scheduler's bits and FLAG_ONE_PACKET; FLAG_PERSISTENT follows from ``timeout`` (persistence, in
    seconds, 0 = none), FLAG_HASHED is the kernel's. ``netmask_prefix`` groups clients for persistence; None, the same
    as the family's full length, is no grouping.
    """

    family: int
    protocol: int = 0
    address: IPAddress | None = None
    port: int = 0
    fwmark: int = 0
    scheduler: str = "wlc"
    flags: int = 0
    timeout: int = 0
    netmask_prefix: int | None = None
    persistence_engine: str | None = None

    def __post_init__(self) -> None:
        """Give "no grouping" its one form, so that a wanted service equals the one read back."""
        if self.netmask_prefix == _FULL_PREFIX.get(self.family):
            object.__setattr__(self, "netmask_prefix", None)

    @property
    def key(self) -> ServiceKey:
        """What identifies the service; the rest can be changed with SET_SERVICE."""
        if self.fwmark:
            return ServiceKey(self.family, 0, None, 0, self.fwmark)
        return ServiceKey(self.family, self.protocol, self.address, self.port, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """One real server of a service. ``family`` is 4 or 6, that of ``address``; thresholds are connections, 0 = none.

    ``tunnel_port`` counts only for GUE, ``tunnel_flags`` only for GUE and GRE.
    """

    family: int
    address: IPAddress
    port: int
    forwarding_method: int = METHOD_NAT
    weight: int = 1
    upper_threshold: int = 0
    lower_threshold: int = 0
    tunnel_type: int = TUNNEL_IPIP
    tunnel_port: int = 0
    tunnel_flags: int = 0

    @property
    def key(self) -> DestinationKey:
        """What identifies the destination within its service."""
        return DestinationKey(self.address, self.port)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Counters, and rates per second, of a service or destination."""

    connections: int
    incoming_packets: int
    outgoing_packets: int
    incoming_bytes: int
    outgoing_bytes: int
    connection_rate: int
    incoming_packet_rate: int
    outgoing_packet_rate: int
    incoming_byte_rate: int
    outgoing_byte_rate: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceEntry:
    """A service as the kernel's dump shows it."""

    service: Service
    statistics: Statistics | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationEntry:
    """A destination as the kernel's dump shows it, with its connections by kind."""

    destination: Destination
    active_connections: int = 0
    inactive_connections: int = 0
    persistent_connections: int = 0
    statistics: Statistics | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """The answer to GET_INFO: version as 0x010201 for 1.2.1, and the number of connection hash buckets."""

    version: int
    connection_table_size: int


def encode_new_service(service: Service) -> bytes:
    """Add a virtual service."""
    return generic(NEW_SERVICE, VERSION, _service(service))


def encode_set_service(service: Service) -> bytes:
    """Change what is not key of a virtual service."""
    return generic(SET_SERVICE, VERSION, _service(service))


def encode_delete_service(service: Service | ServiceKey) -> bytes:
    """Remove a virtual service and its destinations."""
    return generic(DEL_SERVICE, VERSION, _service_key(service))


def encode_get_service(service: Service | ServiceKey) -> bytes:
    """Ask for one service; the answer is a NEW_SERVICE message."""
    return generic(GET_SERVICE, VERSION, _service_key(service))


def encode_get_services() -> bytes:
    """Ask for all services, to be framed with NLM_F_DUMP."""
    return generic(GET_SERVICE, VERSION)


def encode_new_destination(service: Service | ServiceKey, destination: Destination) -> bytes:
    """Add a destination to a service."""
    return generic(NEW_DEST, VERSION, _service_key(service), _destination(destination))


def encode_set_destination(service: Service | ServiceKey, destination: Destination) -> bytes:
    """Change what is not key of a destination."""
    return generic(SET_DEST, VERSION, _service_key(service), _destination(destination))


def encode_delete_destination(service: Service | ServiceKey, destination: Destination) -> bytes:
    """Remove a destination from a service."""
    return generic(DEL_DEST, VERSION, _service_key(service), _destination(destination))


def encode_get_destinations(service: Service | ServiceKey) -> bytes:
    """Ask for all destinations of a service, to be framed with NLM_F_DUMP."""
    return generic(GET_DEST, VERSION, _service_key(service))


def encode_flush() -> bytes:
    """Remove every service, foreign ones too."""
    return generic(FLUSH, VERSION)


def encode_zero() -> bytes:
    """Set all counters to zero."""
    return generic(ZERO, VERSION)


def encode_get_info() -> bytes:
    """Ask for version and table size: the probe for IPVS being there."""
    return generic(GET_INFO, VERSION)


def decode_service(payload: bytes) -> ServiceEntry:
    """Read one NEW_SERVICE message of a dump. Raises WireError."""
    fields = decode_attributes(required(decode_generic(payload)[1], TOP_SERVICE, "service"))
    version = ip_version(fields, _SVC_AF)
    fwmark = unsigned(fields.get(_SVC_FWMARK, b"\0"))
    flags = fields.get(_SVC_FLAGS, bytes(_FLAGS.size))
    if len(flags) != _FLAGS.size:
        raise WireError(f"IPVS flags of {len(flags)} bytes")
    bits, _ = _FLAGS.unpack(flags)
    engine = fields.get(_SVC_PE)
    address = None if fwmark else ip_address(version, required(fields, _SVC_ADDR, "service address"))
    service = Service(
        family=version,
        protocol=0 if fwmark else unsigned(fields.get(_SVC_PROTOCOL, b"\0")),
        address=address,
        port=0 if fwmark else _network_order(fields.get(_SVC_PORT, b"\0\0")),
        fwmark=fwmark,
        scheduler=text(fields.get(_SVC_SCHED, b"")),
        flags=bits & ~(FLAG_HASHED | FLAG_PERSISTENT),
        timeout=unsigned(fields.get(_SVC_TIMEOUT, b"\0")) if bits & FLAG_PERSISTENT else 0,
        netmask_prefix=_decode_netmask(version, fields.get(_SVC_NETMASK)),
        persistence_engine=None if engine is None else text(engine),
    )
    return ServiceEntry(service=service, statistics=_statistics(fields, _SVC_STATS64, _SVC_STATS))


def decode_destination(payload: bytes) -> DestinationEntry:
    """Read one NEW_DEST message of a dump. Raises WireError.

    Kernels before 3.18 do not send the family: an address whose last 12 bytes are zero is then taken as IPv4.
    """
    fields = decode_attributes(required(decode_generic(payload)[1], TOP_DEST, "destination"))
    packed = required(fields, _DST_ADDR, "destination address")
    version = (6 if any(packed[4:]) else 4) if _DST_FAMILY not in fields else ip_version(fields, _DST_FAMILY)
    method = unsigned(fields.get(_DST_METHOD, b"\0")) & _METHOD_MASK
    tunnel_type = unsigned(fields.get(_DST_TUN_TYPE, b"\0"))
    destination = Destination(
        family=version,
        address=ip_address(version, packed),
        port=_network_order(fields.get(_DST_PORT, b"\0\0")),
        forwarding_method=method,
        weight=_signed(fields.get(_DST_WEIGHT, bytes(4))),
        upper_threshold=unsigned(fields.get(_DST_UPPER, b"\0")),
        lower_threshold=unsigned(fields.get(_DST_LOWER, b"\0")),
        tunnel_type=tunnel_type if method == METHOD_TUN else TUNNEL_IPIP,
        tunnel_port=_network_order(fields.get(_DST_TUN_PORT, b"\0\0"))
        if method == METHOD_TUN and tunnel_type == TUNNEL_GUE
        else 0,
        tunnel_flags=unsigned(fields.get(_DST_TUN_FLAGS, b"\0"))
        if method == METHOD_TUN and tunnel_type != TUNNEL_IPIP
        else 0,
    )
    return DestinationEntry(
        destination=destination,
        active_connections=unsigned(fields.get(_DST_ACTIVE, b"\0")),
        inactive_connections=unsigned(fields.get(_DST_INACTIVE, b"\0")),
        persistent_connections=unsigned(fields.get(_DST_PERSISTENT, b"\0")),
        statistics=_statistics(fields, _DST_STATS64, _DST_STATS),
    )


def decode_info(payload: bytes) -> Info:
    """Read the answer to GET_INFO. Raises WireError."""
    fields = decode_generic(payload)[1]
    return Info(
        version=unsigned(required(fields, _INFO_VERSION, "version")),
        connection_table_size=unsigned(fields.get(_INFO_CONNECTION_TABLE_SIZE, b"\0")),
    )


def _service_key_parts(key: ServiceKey) -> list[bytes]:
    parts = [number(_SVC_AF, U16, address_family(key.family))]
    if key.fwmark:
        parts.append(number(_SVC_FWMARK, U32, key.fwmark))
        return parts
    if key.address is None or key.address.version != key.family:
        raise WireError(
            f"an IPv{key.family} service needs an address of its family or a firewall mark, not {key.address}"
        )
    parts.append(number(_SVC_PROTOCOL, U16, key.protocol))
    parts.append(attribute(_SVC_ADDR, key.address.packed.ljust(16, b"\0")))
    parts.append(number(_SVC_PORT, BE16, key.port))
    return parts


def _service_key(service: Service | ServiceKey) -> bytes:
    key = service.key if isinstance(service, Service) else service
    return nested(TOP_SERVICE, *_service_key_parts(key))


def _service(service: Service) -> bytes:
    parts = _service_key_parts(service.key)
    parts.append(attribute(_SVC_SCHED, terminated(service.scheduler)))
    if service.persistence_engine and service.timeout:
        parts.append(attribute(_SVC_PE, terminated(service.persistence_engine)))
    flags = service.flags & ~(FLAG_HASHED | FLAG_PERSISTENT)
    if service.timeout:
        flags |= FLAG_PERSISTENT
    try:
        parts.append(attribute(_SVC_FLAGS, _FLAGS.pack(flags, 0xFFFFFFFF)))
    except struct.error as error:
        raise WireError(f"IPVS flags out of range: {error}") from None
    parts.append(number(_SVC_TIMEOUT, U32, service.timeout))
    parts.append(attribute(_SVC_NETMASK, _encode_netmask(service.family, service.netmask_prefix)))
    return nested(TOP_SERVICE, *parts)


def _destination(destination: Destination) -> bytes:
    if destination.address.version != destination.family:
        raise WireError(f"destination {destination.address} is not of family {destination.family}")
    parts = [
        number(_DST_FAMILY, U16, address_family(destination.family)),
        attribute(_DST_ADDR, destination.address.packed.ljust(16, b"\0")),
        number(_DST_PORT, BE16, destination.port),
        number(_DST_METHOD, U32, destination.forwarding_method),
        number(_DST_WEIGHT, S32, destination.weight),
    ]
    if destination.forwarding_method == METHOD_TUN:
        parts.append(byte(_DST_TUN_TYPE, destination.tunnel_type))
        if destination.tunnel_type == TUNNEL_GUE:
            parts.append(number(_DST_TUN_PORT, BE16, destination.tunnel_port))
        if destination.tunnel_type != TUNNEL_IPIP:
            parts.append(number(_DST_TUN_FLAGS, U16, destination.tunnel_flags))
    parts.append(number(_DST_UPPER, U32, destination.upper_threshold))
    parts.append(number(_DST_LOWER, U32, destination.lower_threshold))
    return nested(TOP_DEST, *parts)


def _encode_netmask(family: int, prefix: int | None) -> bytes:
    full = _FULL_PREFIX[family]
    length = full if prefix is None else prefix
    if not 0 <= length <= full:
        raise WireError(f"no IPv{family} prefix has {length} bits")
    if family == 6:
        return U32.pack(length)
    return (0xFFFFFFFF << (32 - length) & 0xFFFFFFFF).to_bytes(4, "big")


def _decode_netmask(family: int, data: bytes | None) -> int | None:
    if data is None:
        return None
    if len(data) != 4:
        raise WireError(f"an IPVS netmask of {len(data)} bytes")
    # A foreign service may have a mask with holes; the number of its bits is the nearest that a prefix can say.
    return unsigned(data) if family == 6 else int.from_bytes(data, "big").bit_count()


def _statistics(fields: dict[int, bytes], wide: int, narrow: int) -> Statistics | None:
    data = fields.get(wide) or fields.get(narrow)
    if data is None:
        return None
    values = decode_attributes(data)
    try:
        counters = [unsigned(values[type_]) for type_ in range(1, 11)]
    except KeyError:
        return None
    return Statistics(
        connections=counters[0],
        incoming_packets=counters[1],
        outgoing_packets=counters[2],
        incoming_bytes=counters[3],
        outgoing_bytes=counters[4],
        connection_rate=counters[5],
        incoming_packet_rate=counters[6],
        outgoing_packet_rate=counters[7],
        incoming_byte_rate=counters[8],
        outgoing_byte_rate=counters[9],
    )


def _network_order(data: bytes) -> int:
    return int.from_bytes(data[:2], "big")


def _signed(data: bytes) -> int:
    if len(data) != 4:
        raise WireError(f"an IPVS weight of {len(data)} bytes")
    number: int = S32.unpack(data)[0]
    return number
