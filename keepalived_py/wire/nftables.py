"""nftables messages (``linux/netfilter/nf_tables.h``): tables, chains, sets, their elements, and rules made of expressions.

Owns the encoding of as much of nf_tables as filtering for virtual addresses needs. Which tables and rules those are is
``vrrp/filtering.py``'s. Numbers are big-endian here, unlike elsewhere in netlink; register 1 holds what is looked up, register 2 an
interface. A batch is one transaction: everything in it happens, or nothing.
"""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass
from typing import TypeAlias

from keepalived_py.wire.errors import WireError
from keepalived_py.wire.netlink import NLM_F_APPEND, NLM_F_CREATE, attribute, nested, terminated

NFPROTO_IPV4 = 2
NFPROTO_IPV6 = 10

NFNL_MSG_BATCH_BEGIN = 0x10
NFNL_MSG_BATCH_END = 0x11
_SUBSYSTEM = 10

NFT_MSG_NEWTABLE = _SUBSYSTEM << 8
NFT_MSG_GETTABLE = _SUBSYSTEM << 8 | 1
NFT_MSG_DELTABLE = _SUBSYSTEM << 8 | 2
NFT_MSG_NEWCHAIN = _SUBSYSTEM << 8 | 3
NFT_MSG_NEWRULE = _SUBSYSTEM << 8 | 6
NFT_MSG_NEWSET = _SUBSYSTEM << 8 | 9
NFT_MSG_NEWSETELEM = _SUBSYSTEM << 8 | 12
NFT_MSG_DELSETELEM = _SUBSYSTEM << 8 | 14

_REGISTER_VERDICT = 0
_REGISTER_VALUE = 1
_REGISTER_INTERFACE = 2

_NETWORK_HEADER = 1
_TRANSPORT_HEADER = 2

_VERDICT_DROP = 0
_VERDICT_ACCEPT = 1
_VERDICT_GOTO = -4

_SET_CONSTANT = 0x2
_SET_MAP = 0x8
_HOST_ORDER = 1

#: Elements in one message: its list is one attribute, which ends at 64 KiB.
_MOST_ELEMENTS = 500


class Hook(enum.IntEnum):
    """Where a base chain sees packets."""

    INPUT = 1
    OUTPUT = 3


class Meta(enum.IntEnum):
    """What is known of a packet beside its bytes."""

    INPUT_INDEX = 4
    OUTPUT_INDEX = 5
    INPUT_NAME = 6
    OUTPUT_NAME = 7
    TRANSPORT_PROTOCOL = 16
    OUTPUT_KIND = 27


class DataType(enum.IntEnum):
    """Types of a set's elements, numbered as nft(8) does; the kernel only hands them back to it."""

    IPV4_ADDRESS = 7
    IPV6_ADDRESS = 8
    INTERFACE_INDEX = 20
    ICMPV6_TYPE = 29
    INTERFACE_NAME = 41


#: Bytes of an element of a type; parts of a concatenation are padded to four each.
TYPE_LENGTHS = {
    DataType.IPV4_ADDRESS: 4,
    DataType.IPV6_ADDRESS: 16,
    DataType.INTERFACE_INDEX: 4,
    DataType.ICMPV6_TYPE: 1,
    DataType.INTERFACE_NAME: 16,
}
_TYPE_BITS = 6

# --- expressions ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkHeader:
    """Load bytes of the IP header."""

    offset: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportHeader:
    """Load bytes of the header that follows the IP header."""

    offset: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Load something about the packet; an ``interface`` stands behind the address, for a concatenation or a map."""

    key: Meta
    interface: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Equals:
    """Go on only if what was loaded is this, compared after ``mask`` if given."""

    value: bytes
    mask: bytes = b""
    interface: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InSet:
    """Go on only if what was loaded is in a set."""

    name: str
    interface: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MapInterface:
    """Go on only if the interface is in a map; it becomes the one it maps to."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """Send a copy of the packet to the loaded address through the loaded interface."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """Count the packets that come this far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """The packet ends here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept:
    """The packet passes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goto:
    """Another chain decides."""

    chain: str


Expression: TypeAlias = (
    NetworkHeader | TransportHeader | Load | Equals | InSet | MapInterface | Duplicate | Counter | Drop | Accept | Goto
)

# --- messages ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTable:
    """Add a table."""

    family: int
    table: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteTable:
    """Remove a table and everything in it."""

    family: int
    table: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewChain:
    """Add a chain; one with a ``hook`` filters there and accepts what no rule decides."""

    family: int
    table: str
    name: str
    hook: Hook | None = None
    priority: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSet:
    """Add a set with elements of these types (several are concatenated), or a map to ``maps_to``.

    ``number`` tells the sets of one batch apart.
    """

    family: int
    table: str
    name: str
    key: tuple[DataType, ...]
    maps_to: DataType | None = None
    constant: bool = False
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SetElements:
    """Add elements to a set or remove them; each is a key, and for a map what it maps to."""

    family: int
    table: str
    set: str
    add: bool
    elements: tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRule:
    """Add a rule at the end of a chain."""

    family: int
    table: str
    chain: str
    expressions: tuple[Expression, ...]


Message: TypeAlias = NewTable | DeleteTable | NewChain | NewSet | SetElements | NewRule
#: Message type, flags beside REQUEST, payload.
Encoded: TypeAlias = tuple[int, int, bytes]


def encode(message: Message) -> list[Encoded]:
    """Return the netlink messages of one message, which are several for very many elements. Raises WireError."""
    name = attribute(1, terminated(message.table))
    head = _header(message.family)
    match message:
        case NewTable():
            return [(NFT_MSG_NEWTABLE, NLM_F_CREATE, head + name + attribute(2, _number(0)))]
        case DeleteTable():
            return [(NFT_MSG_DELTABLE, 0, head + name)]
        case NewChain():
            return [(NFT_MSG_NEWCHAIN, NLM_F_CREATE, head + name + _chain(message))]
        case NewSet():
            return [(NFT_MSG_NEWSET, NLM_F_CREATE, head + name + _set(message))]
        case SetElements(set=name_of_set, add=add, elements=elements):
            type_, flags = (NFT_MSG_NEWSETELEM, NLM_F_CREATE) if add else (NFT_MSG_DELSETELEM, 0)
            target = attribute(2, terminated(name_of_set))
            return [
                (type_, flags, head + name + target + _elements(elements[start : start + _MOST_ELEMENTS]))
                for start in range(0, len(elements), _MOST_ELEMENTS)
            ]
        case NewRule(chain=chain, expressions=expressions):
            rule = attribute(2, terminated(chain)) + nested(4, *map(_expression, expressions))
            return [(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, head + name + rule)]


def encode_batch_mark() -> bytes:
    """Return the payload of NFNL_MSG_BATCH_BEGIN and NFNL_MSG_BATCH_END."""
    return struct.pack("!BBH", 0, 0, _SUBSYSTEM)


def encode_get_table(family: int, table: str) -> bytes:
    """Return the payload of NFT_MSG_GETTABLE."""
    return _header(family) + attribute(1, terminated(table))


def interface_index(index: int) -> bytes:
    """Return an interface's index as an element: in the order of the host's bytes."""
    return struct.pack("=I", index)


def interface_name(name: str) -> bytes:
    """Return an interface's name as an element. Raises WireError when no interface can be called so."""
    encoded = terminated(name)
    length = TYPE_LENGTHS[DataType.INTERFACE_NAME]
    if len(encoded) > length:
        raise WireError(f"'{name}' is no name for an interface")
    return encoded.ljust(length, b"\0")


def _header(family: int) -> bytes:
    return struct.pack("!BBH", family, 0, 0)


def _number(value: int) -> bytes:
    return struct.pack("!I", value & 0xFFFFFFFF)


def _chain(chain: NewChain) -> bytes:
    name = attribute(3, terminated(chain.name))
    if chain.hook is None:
        return name
    hook = nested(4, attribute(1, _number(chain.hook)), attribute(2, _number(chain.priority)))
    return name + hook + attribute(5, _number(_VERDICT_ACCEPT)) + attribute(7, terminated("filter"))


def _set(new: NewSet) -> bytes:
    key_type = 0
    for part in new.key:
        key_type = key_type << _TYPE_BITS | part
    length = (
        TYPE_LENGTHS[new.key[0]] if len(new.key) == 1 else sum((TYPE_LENGTHS[part] + 3) // 4 * 4 for part in new.key)
    )
    flags = (_SET_CONSTANT if new.constant else 0) | (_SET_MAP if new.maps_to is not None else 0)
    parts = [
        attribute(2, terminated(new.name)),
        attribute(3, _number(flags)),
        attribute(4, _number(key_type)),
        attribute(5, _number(length)),
        attribute(10, _number(new.number)),
    ]
    if new.maps_to is not None:
        parts += [attribute(6, _number(new.maps_to)), attribute(7, _number(TYPE_LENGTHS[new.maps_to]))]
    if new.key == (DataType.INTERFACE_INDEX,):
        # A note that nft(8) leaves for itself, of key and value: without it, it would show an index with its bytes turned round.
        note = b"".join(
            struct.pack("=BBI", number, 4, _HOST_ORDER) for number in range(1 if new.maps_to is None else 2)
        )
        parts.append(attribute(13, note))
    return b"".join(parts)


def _elements(elements: tuple[tuple[bytes, bytes], ...]) -> bytes:
    encoded = []
    for key, value in elements:
        data = nested(2, attribute(1, value)) if value else b""
        encoded.append(nested(1, nested(1, attribute(1, key)), data))
    return nested(3, *encoded)


def _expression(expression: Expression) -> bytes:
    match expression:
        case NetworkHeader(offset=offset, length=length):
            return _payload(_NETWORK_HEADER, offset, length)
        case TransportHeader(offset=offset, length=length):
            return _payload(_TRANSPORT_HEADER, offset, length)
        case Load(key=key, interface=interface):
            return _named("meta", attribute(2, _number(key)), attribute(1, _register(interface=interface)))
        case Equals(value=value, mask=mask, interface=interface):
            register = _register(interface=interface)
            test = _named("cmp", attribute(1, register), attribute(2, _number(0)), nested(3, attribute(1, value)))
            return (_bitwise(register, mask) if mask else b"") + test
        case InSet(name=name, interface=interface):
            return _named("lookup", attribute(1, terminated(name)), attribute(2, _register(interface=interface)))
        case MapInterface(name=name):
            register = _number(_REGISTER_INTERFACE)
            return _named("lookup", attribute(1, terminated(name)), attribute(2, register), attribute(3, register))
        case Duplicate():
            return _named("dup", attribute(1, _number(_REGISTER_VALUE)), attribute(2, _number(_REGISTER_INTERFACE)))
        case Counter():
            return _named("counter")
        case Drop():
            return _verdict(_VERDICT_DROP)
        case Accept():
            return _verdict(_VERDICT_ACCEPT)
        case Goto(chain=chain):
            return _verdict(_VERDICT_GOTO, attribute(2, terminated(chain)))


def _named(name: str, *attributes: bytes) -> bytes:
    return nested(1, attribute(1, terminated(name)), nested(2, *attributes))


def _payload(base: int, offset: int, length: int) -> bytes:
    return _named(
        "payload",
        attribute(1, _number(_REGISTER_VALUE)),
        attribute(2, _number(base)),
        attribute(3, _number(offset)),
        attribute(4, _number(length)),
    )


def _bitwise(register: bytes, mask: bytes) -> bytes:
    return _named(
        "bitwise",
        attribute(1, register),
        attribute(2, register),
        attribute(3, _number(len(mask))),
        nested(4, attribute(1, mask)),
        nested(5, attribute(1, bytes(len(mask)))),
    )


def _verdict(code: int, *more: bytes) -> bytes:
    data = nested(2, nested(2, attribute(1, _number(code)), *more))
    return _named("immediate", attribute(1, _number(_REGISTER_VERDICT)), data)


def _register(*, interface: bool) -> bytes:
    return _number(_REGISTER_INTERFACE if interface else _REGISTER_VALUE)
