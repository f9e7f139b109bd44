"""rtnetlink messages for policy rules (``linux/fib_rules.h``): RTM_NEWRULE, RTM_DELRULE and dumps.

Owns every selector and action that keepalived can configure. What a rule read back from the kernel compares equal to is the
message it was made by: ``decode_rule(encode_rule(rule)) == rule`` holds for the kernel's answer, too.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from keepalived_py.wire.errors import WireError
from keepalived_py.wire.ip import AF_INET, AF_INET6, IPAddress
from keepalived_py.wire.netlink import attribute, decode_attributes, terminated, text, unsigned

RTM_NEWRULE = 32
RTM_DELRULE = 33
RTM_GETRULE = 34

ACTION_TABLE = 1
ACTION_GOTO = 2
ACTION_NOP = 3
ACTION_BLACKHOLE = 6
ACTION_UNREACHABLE = 7
ACTION_PROHIBIT = 8

_FIB_RULE_INVERT = 2
_FULL_MASK = 0xFFFFFFFF
_NO_SUPPRESSION = 0xFFFFFFFF

_FRA_DST = 1
_FRA_SRC = 2
_FRA_IIFNAME = 3
_FRA_GOTO = 4
_FRA_PRIORITY = 6
_FRA_FWMARK = 10
_FRA_FLOW = 11
_FRA_TUN_ID = 12
_FRA_SUPPRESS_IFGROUP = 13
_FRA_SUPPRESS_PREFIXLEN = 14
_FRA_TABLE = 15
_FRA_FWMASK = 16
_FRA_OIFNAME = 17
_FRA_L3MDEV = 19
_FRA_UID_RANGE = 20
_FRA_PROTOCOL = 21
_FRA_IP_PROTO = 22
_FRA_SPORT_RANGE = 23
_FRA_DPORT_RANGE = 24

_HEADER = struct.Struct("=BBBBBxxBI")
_PORTS = struct.Struct("=HH")
_UIDS = struct.Struct("=II")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleMessage:
    """One rule as the kernel is told of it. Prefixes are (address, length), None for everything; ``table`` 0 is none.

    ``mask`` is meant only with a ``mark``; ranges are inclusive; ``target`` is the preference that ACTION_GOTO jumps to.
    """

    family: int
    action: int
    priority: int = 0
    table: int = 0
    tos: int = 0
    invert: bool = False
    source: tuple[IPAddress, int] | None = None
    destination: tuple[IPAddress, int] | None = None
    mark: int | None = None
    mask: int = _FULL_MASK
    incoming_interface: str | None = None
    outgoing_interface: str | None = None
    suppress_prefix_length: int | None = None
    suppress_group: int | None = None
    tunnel_id: int = 0
    uid_range: tuple[int, int] | None = None
    l3mdev: bool = False
    protocol: int = 0
    ip_protocol: int = 0
    source_ports: tuple[int, int] | None = None
    destination_ports: tuple[int, int] | None = None
    realms: int = 0
    target: int = 0


def encode_rule(rule: RuleMessage) -> bytes:
    """Return the payload of RTM_NEWRULE or RTM_DELRULE. Raises WireError for a field out of range or of another family."""
    try:
        return _encode(rule)
    except struct.error as error:
        raise WireError(f"rule field out of range: {error}") from None


def encode_get_rules(family: int) -> bytes:
    """Return the payload of an RTM_GETRULE dump."""
    return _HEADER.pack(family, 0, 0, 0, 0, 0, 0)


def decode_rule(payload: bytes) -> RuleMessage:
    """Read RTM_NEWRULE or RTM_DELRULE. Raises WireError for another family than IPv4 and IPv6, or damage."""
    if len(payload) < _HEADER.size:
        raise WireError("rule message without its header")
    family, destination_length, source_length, tos, table, action, flags = _HEADER.unpack_from(payload)
    if family not in {AF_INET, AF_INET6}:
        raise WireError(f"a rule of family {family}")
    attributes = decode_attributes(payload[_HEADER.size :])
    try:
        return _decode(attributes, family, destination_length, source_length, tos, table, action, flags)
    except struct.error as error:
        raise WireError(f"rule message with a field of odd size: {error}") from None


def _encode(rule: RuleMessage) -> bytes:
    head = _HEADER.pack(
        rule.family,
        rule.destination[1] if rule.destination else 0,
        rule.source[1] if rule.source else 0,
        rule.tos,
        rule.table if rule.table < 256 else 0,
        rule.action,
        _FIB_RULE_INVERT if rule.invert else 0,
    )
    parts = [head, _u32(_FRA_PRIORITY, rule.priority)]
    for type_, prefix in ((_FRA_SRC, rule.source), (_FRA_DST, rule.destination)):
        if prefix is not None and prefix[1]:
            if (prefix[0].version == 4) != (rule.family == AF_INET):
                raise WireError(f"{prefix[0]} in a rule of family {rule.family}")
            parts.append(attribute(type_, prefix[0].packed))
    if rule.mark is not None:
        parts += [_u32(_FRA_FWMARK, rule.mark), _u32(_FRA_FWMASK, rule.mask)]
    numbers = (
        (_FRA_TABLE, rule.table if rule.table >= 256 else None),
        (_FRA_FLOW, rule.realms or None),
        (_FRA_SUPPRESS_PREFIXLEN, rule.suppress_prefix_length),
        (_FRA_SUPPRESS_IFGROUP, rule.suppress_group),
        (_FRA_GOTO, rule.target or None),
    )
    parts += [_u32(type_, number) for type_, number in numbers if number is not None]
    for type_, name in ((_FRA_IIFNAME, rule.incoming_interface), (_FRA_OIFNAME, rule.outgoing_interface)):
        if name is not None:
            parts.append(attribute(type_, terminated(name)))
    if rule.tunnel_id:
        parts.append(attribute(_FRA_TUN_ID, struct.pack("!Q", rule.tunnel_id)))
    if rule.uid_range is not None:
        parts.append(attribute(_FRA_UID_RANGE, _UIDS.pack(*rule.uid_range)))
    bytes_ = ((_FRA_L3MDEV, int(rule.l3mdev)), (_FRA_PROTOCOL, rule.protocol), (_FRA_IP_PROTO, rule.ip_protocol))
    parts += [attribute(type_, struct.pack("=B", number)) for type_, number in bytes_ if number]
    for type_, ports in ((_FRA_SPORT_RANGE, rule.source_ports), (_FRA_DPORT_RANGE, rule.destination_ports)):
        if ports is not None:
            parts.append(attribute(type_, _PORTS.pack(*ports)))
    return b"".join(parts)


def _decode(  # noqa: PLR0917 - the header's fields in the header's order
    attributes: dict[int, bytes],
    family: int,
    destination_length: int,
    source_length: int,
    tos: int,
    table: int,
    action: int,
    flags: int,
) -> RuleMessage:
    def number(type_: int) -> int:
        return unsigned(attributes[type_]) if type_ in attributes else 0

    def optional(type_: int) -> int | None:
        found = unsigned(attributes[type_]) if type_ in attributes else _NO_SUPPRESSION
        return None if found == _NO_SUPPRESSION else found

    def prefix(type_: int, length: int) -> tuple[IPAddress, int] | None:
        return (_address(family, attributes[type_]), length) if type_ in attributes and length else None

    marked = _FRA_FWMARK in attributes or _FRA_FWMASK in attributes
    return RuleMessage(
        family=family,
        action=action,
        priority=number(_FRA_PRIORITY),
        table=number(_FRA_TABLE) or table,
        tos=tos,
        invert=bool(flags & _FIB_RULE_INVERT),
        source=prefix(_FRA_SRC, source_length),
        destination=prefix(_FRA_DST, destination_length),
        mark=number(_FRA_FWMARK) if marked else None,
        mask=number(_FRA_FWMASK) if _FRA_FWMASK in attributes else _FULL_MASK,
        incoming_interface=text(attributes[_FRA_IIFNAME]) if _FRA_IIFNAME in attributes else None,
        outgoing_interface=text(attributes[_FRA_OIFNAME]) if _FRA_OIFNAME in attributes else None,
        suppress_prefix_length=optional(_FRA_SUPPRESS_PREFIXLEN),
        suppress_group=optional(_FRA_SUPPRESS_IFGROUP),
        tunnel_id=int.from_bytes(attributes.get(_FRA_TUN_ID, b""), "big"),
        uid_range=_UIDS.unpack(attributes[_FRA_UID_RANGE]) if _FRA_UID_RANGE in attributes else None,
        l3mdev=bool(number(_FRA_L3MDEV)),
        protocol=number(_FRA_PROTOCOL),
        ip_protocol=number(_FRA_IP_PROTO),
        source_ports=_PORTS.unpack(attributes[_FRA_SPORT_RANGE]) if _FRA_SPORT_RANGE in attributes else None,
        destination_ports=_PORTS.unpack(attributes[_FRA_DPORT_RANGE]) if _FRA_DPORT_RANGE in attributes else None,
        realms=number(_FRA_FLOW),
        target=number(_FRA_GOTO),
    )


def _address(family: int, packed: bytes) -> IPAddress:
    if family == AF_INET and len(packed) == 4:
        return IPv4Address(packed)
    if family == AF_INET6 and len(packed) == 16:
        return IPv6Address(packed)
    raise WireError(f"an address of {len(packed)} bytes in family {family}")


def _u32(type_: int, value: int) -> bytes:
    return attribute(type_, struct.pack("=I", value))
