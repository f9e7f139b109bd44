"""IPVS beside services and destinations: connection synchronisation daemons and timeouts.

Payloads from the generic netlink header on, as in ``wire/ipvs.py``. Layout: reference/ipvs.md §5 and §6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from keepalived_py.wire.ipvs_attributes import (
    TOP_DAEMON,
    TOP_TIMEOUT_TCP,
    TOP_TIMEOUT_TCP_FIN,
    TOP_TIMEOUT_UDP,
    U16,
    U32,
    VERSION,
    byte,
    ip_address,
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

NEW_DAEMON = 9
DEL_DAEMON = 10
GET_DAEMON = 11
SET_CONFIG = 12
GET_CONFIG = 13

SYNC_MASTER = 1
SYNC_BACKUP = 2

_TOP_TIMEOUTS = (TOP_TIMEOUT_TCP, TOP_TIMEOUT_TCP_FIN, TOP_TIMEOUT_UDP)
_DMN_STATE, _DMN_IFN, _DMN_ID, _DMN_MAXLEN, _DMN_GROUP, _DMN_GROUP6, _DMN_PORT, _DMN_TTL = 1, 2, 3, 4, 5, 6, 7, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncDaemon:
    """One connection synchronisation daemon; what is None or 0 is left to the kernel's default."""

    state: int
    interface: str
    sync_id: int
    maximum_length: int = 0
    group: IPAddress | None = None
    port: int = 0
    ttl: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """The connection timeouts in seconds; None for a protocol the kernel was built without."""

    tcp: int | None = None
    tcp_fin: int | None = None
    udp: int | None = None


def encode_get_config() -> bytes:
    """Ask for the connection timeouts."""
    return generic(GET_CONFIG, VERSION)


def encode_set_config(timeouts: Timeouts) -> bytes:
    """Set connection timeouts; None is not sent, and the kernel ignores 0."""
    values = zip(_TOP_TIMEOUTS, (timeouts.tcp, timeouts.tcp_fin, timeouts.udp), strict=True)
    return generic(SET_CONFIG, VERSION, *(number(type_, U32, value) for type_, value in values if value is not None))


def encode_new_daemon(daemon: SyncDaemon) -> bytes:
    """Start a sync daemon. Source: reference/ipvs.md §5."""
    parts = [
        number(_DMN_STATE, U32, daemon.state),
        attribute(_DMN_IFN, terminated(daemon.interface)),
        number(_DMN_ID, U32, daemon.sync_id),
    ]
    if daemon.maximum_length:
        parts.append(number(_DMN_MAXLEN, U16, daemon.maximum_length))
    if daemon.port:
        parts.append(number(_DMN_PORT, U16, daemon.port))
    if daemon.ttl:
        parts.append(byte(_DMN_TTL, daemon.ttl))
    if daemon.group is not None:
        parts.append(attribute(_DMN_GROUP if daemon.group.version == 4 else _DMN_GROUP6, daemon.group.packed))
    return generic(NEW_DAEMON, VERSION, nested(TOP_DAEMON, *parts))


def encode_delete_daemon(state: int, sync_id: int) -> bytes:
    """Stop the sync daemon of one role."""
    parts = (number(_DMN_STATE, U32, state), number(_DMN_ID, U32, sync_id))
    return generic(DEL_DAEMON, VERSION, nested(TOP_DAEMON, *parts))


def encode_get_daemons() -> bytes:
    """Ask for the running sync daemons, to be framed with NLM_F_DUMP; answers are NEW_DAEMON messages."""
    return generic(GET_DAEMON, VERSION)


def decode_daemon(payload: bytes) -> SyncDaemon:
    """Read one NEW_DAEMON message of a dump. Raises WireError."""
    fields = decode_attributes(required(decode_generic(payload)[1], TOP_DAEMON, "daemon"))
    group: IPAddress | None = None
    if _DMN_GROUP6 in fields:
        group = ip_address(6, fields[_DMN_GROUP6])
    elif _DMN_GROUP in fields:
        group = ip_address(4, fields[_DMN_GROUP])
    return SyncDaemon(
        state=unsigned(required(fields, _DMN_STATE, "daemon state")),
        interface=text(fields.get(_DMN_IFN, b"")),
        sync_id=unsigned(fields.get(_DMN_ID, b"\0")),
        maximum_length=unsigned(fields.get(_DMN_MAXLEN, b"\0")),
        group=group,
        port=unsigned(fields.get(_DMN_PORT, b"\0")),
        ttl=unsigned(fields.get(_DMN_TTL, b"\0")),
    )


def decode_config(payload: bytes) -> Timeouts:
    """Read the answer to GET_CONFIG. Raises WireError."""
    fields = decode_generic(payload)[1]
    tcp, tcp_fin, udp = (unsigned(fields[type_]) if type_ in fields else None for type_ in _TOP_TIMEOUTS)
    return Timeouts(tcp=tcp, tcp_fin=tcp_fin, udp=udp)
