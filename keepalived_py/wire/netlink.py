"""Netlink framing (RFC 3549, ``linux/netlink.h``): messages, attributes, acknowledgements, generic netlink.

Host byte order throughout. Owns no family's contents: addresses and links are in ``wire/rtnetlink.py``, IPVS in
``wire/ipvs.py``.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keepalived_py.wire.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Iterator

NLM_F_REQUEST = 0x001
NLM_F_MULTI = 0x002
NLM_F_ACK = 0x004
NLM_F_DUMP_INTERRUPTED = 0x010
NLM_F_DUMP = 0x300
NLM_F_EXCL = 0x200
NLM_F_CREATE = 0x400
NLM_F_APPEND = 0x800

NLMSG_NOOP = 1
NLMSG_ERROR = 2
NLMSG_DONE = 3
NLMSG_OVERRUN = 4

HEADER_LENGTH = 16
GENERIC_HEADER_LENGTH = 4

NLA_F_NESTED = 0x8000
_NLA_TYPE_MASK = 0x3FFF

_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_GENERIC = struct.Struct("=BBH")
_INT32 = struct.Struct("=i")

# The controller of generic netlink, linux/genetlink.h.
GENL_ID_CTRL = 0x10
_CTRL_CMD_GETFAMILY = 3
_CTRL_ATTR_FAMILY_ID = 1
_CTRL_ATTR_FAMILY_NAME = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class NetlinkMessage:
    """One message as received; ``payload`` is what follows the 16-byte header."""

    type: int
    flags: int
    sequence: int
    port: int
    payload: bytes


def encode_message(type_: int, flags: int, sequence: int, payload: bytes) -> bytes:
    """Return one message, padded to four bytes so that messages can stand behind each other in one send."""
    length = HEADER_LENGTH + len(payload)
    return _HEADER.pack(length, type_, flags, sequence, 0) + payload + b"\0" * (-length % 4)


def decode_messages(data: bytes) -> Iterator[NetlinkMessage]:
    """Yield the messages of one received buffer. Raises WireError at the first one whose length is impossible."""
    position = 0
    while position < len(data):
        if len(data) - position < HEADER_LENGTH:
            raise WireError("netlink buffer ends within a header")
        length, type_, flags, sequence, port = _HEADER.unpack_from(data, position)
        if not HEADER_LENGTH <= length <= len(data) - position:
            raise WireError(f"netlink message of {length} bytes in {len(data) - position}")
        payload = data[position + HEADER_LENGTH : position + length]
        yield NetlinkMessage(type=type_, flags=flags, sequence=sequence, port=port, payload=payload)
        position += length + (-length % 4)


def error_of(message: NetlinkMessage) -> int:
    """Return the errno, positive or 0 for an ACK, of an NLMSG_ERROR or NLMSG_DONE message. Raises WireError."""
    if len(message.payload) < 4:
        if message.type == NLMSG_DONE:
            return 0
        raise WireError("netlink error message without an error number")
    code: int = _INT32.unpack_from(message.payload)[0]
    return -code


def attribute(type_: int, payload: bytes) -> bytes:
    """Return one attribute with its padding. Raises WireError when it is too long for its 16-bit length."""
    length = 4 + len(payload)
    if length > 0xFFFF:
        raise WireError(f"netlink attribute {type_} of {length} bytes")
    return _ATTRIBUTE.pack(length, type_) + payload + b"\0" * (-length % 4)


def nested(type_: int, *attributes: bytes) -> bytes:
    """Return an attribute that holds attributes, flagged as such."""
    return attribute(type_ | NLA_F_NESTED, b"".join(attributes))


def decode_attributes(data: bytes) -> dict[int, bytes]:
    """Return payload by type, flags taken off; of a type that comes twice the last counts. Raises WireError."""
    attributes: dict[int, bytes] = {}
    position = 0
    while len(data) - position >= 4:
        length, type_ = _ATTRIBUTE.unpack_from(data, position)
        if not 4 <= length <= len(data) - position:
            raise WireError(f"netlink attribute of {length} bytes in {len(data) - position}")
        attributes[type_ & _NLA_TYPE_MASK] = data[position + 4 : position + length]
        position += length + (-length % 4)
    return attributes


def unsigned(data: bytes) -> int:
    """Return an unsigned number in host order, of whatever width it comes in. Raises WireError for an odd width."""
    formats = {1: "=B", 2: "=H", 4: "=I", 8: "=Q"}
    if len(data) not in formats:
        raise WireError(f"no number has {len(data)} bytes")
    number: int = struct.unpack(formats[len(data)], data)[0]
    return number


def text(data: bytes) -> str:
    """Return a NUL-terminated string; bytes that are no UTF-8 are kept as surrogates."""
    return data.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")


def terminated(value: str) -> bytes:
    """Return a string as the kernel wants it, NUL at the end."""
    return value.encode("utf-8", "surrogateescape") + b"\0"


def generic(command: int, version: int, *attributes: bytes) -> bytes:
    """Return a generic netlink payload: its 4-byte header and the attributes."""
    return _GENERIC.pack(command, version, 0) + b"".join(attributes)


def decode_generic(payload: bytes) -> tuple[int, dict[int, bytes]]:
    """Return command and attributes of a generic netlink payload. Raises WireError."""
    if len(payload) < GENERIC_HEADER_LENGTH:
        raise WireError("generic netlink message without its header")
    return payload[0], decode_attributes(payload[GENERIC_HEADER_LENGTH:])


def encode_get_family(name: str) -> bytes:
    """Return the payload that asks GENL_ID_CTRL for the number of a generic netlink family."""
    return generic(_CTRL_CMD_GETFAMILY, 1, attribute(_CTRL_ATTR_FAMILY_NAME, terminated(name)))


def decode_family(payload: bytes) -> int:
    """Return the family number from the controller's answer. Raises WireError when it holds none."""
    _, attributes = decode_generic(payload)
    if _CTRL_ATTR_FAMILY_ID not in attributes:
        raise WireError("the controller's answer names no family number")
    return unsigned(attributes[_CTRL_ATTR_FAMILY_ID])
