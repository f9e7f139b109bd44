"""The kernel's process events (``linux/cn_proc.h``, over ``linux/connector.h``): requests out, events in.

Host byte order. Owns the two headers below netlink's and the four events that tell which processes there are.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from keepalived_py.wire.errors import WireError
from keepalived_py.wire.netlink import NLMSG_DONE, decode_messages, encode_message

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The multicast group of process events, and the connector's number for them.
CN_IDX_PROC: Final = 1
CN_VAL_PROC: Final = 1
PROC_CN_MCAST_LISTEN: Final = 1
PROC_CN_MCAST_IGNORE: Final = 2

PROC_EVENT_NONE: Final = 0x00000000
PROC_EVENT_FORK: Final = 0x00000001
PROC_EVENT_EXEC: Final = 0x00000002
PROC_EVENT_COMM: Final = 0x00000200
PROC_EVENT_EXIT: Final = 0x80000000

#: cb_id (two numbers), sequence, acknowledged, length, flags.
_CONNECTOR = struct.Struct("=IIIIHH")
#: What, CPU, nanoseconds since the boot; what follows depends on what.
_EVENT = struct.Struct("=IIQ")
_OPERATION = struct.Struct("=I")
_ERROR = struct.Struct("=I")
_PAIR = struct.Struct("=ii")
_FORK = struct.Struct("=iiii")
_COMM = struct.Struct("=ii16s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """The answer to a request; ``error`` is an errno, 0 when events will come."""

    error: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Forked:
    """A process made another one."""

    parent: int
    child: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """A process became another program."""

    pid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Renamed:
    """A process took another name (prctl(2), PR_SET_NAME), at most 15 characters."""

    pid: int
    comm: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exited:
    """A process ended."""

    pid: int


ProcessEvent: TypeAlias = Acknowledged | Forked | Executed | Renamed | Exited


def encode_request(operation: int) -> bytes:
    """Return a request to send process events, or to send them no longer."""
    payload = _CONNECTOR.pack(CN_IDX_PROC, CN_VAL_PROC, 0, 0, _OPERATION.size, 0) + _OPERATION.pack(operation)
    return encode_message(NLMSG_DONE, 0, 0, payload)


def decode_events(data: bytes) -> Iterator[ProcessEvent]:
    """Yield the events of one datagram; threads, and events of other kinds, are passed over. Raises WireError."""
    for message in decode_messages(data):
        payload = message.payload
        if message.type != NLMSG_DONE:
            continue
        if len(payload) < _CONNECTOR.size + _EVENT.size:
            raise WireError(f"process event of {len(payload)} bytes")
        index, value, _sequence, acknowledged, _length, _flags = _CONNECTOR.unpack_from(payload)
        if (index, value) != (CN_IDX_PROC, CN_VAL_PROC):
            continue
        what, _cpu, _time = _EVENT.unpack_from(payload, _CONNECTOR.size)
        # Nothing is also what other events would be if they answered a request.
        if (what == PROC_EVENT_NONE) != bool(acknowledged):
            continue
        try:
            event = _decode(what, payload, _CONNECTOR.size + _EVENT.size)
        except struct.error as error:
            raise WireError(f"process event {what:#x} of {len(payload)} bytes") from error
        if event is not None:
            yield event


def _decode(what: int, payload: bytes, position: int) -> ProcessEvent | None:
    if what == PROC_EVENT_FORK:
        _parent_thread, parent, child_thread, child = _FORK.unpack_from(payload, position)
        return Forked(parent=parent, child=child) if child_thread == child else None
    if what in {PROC_EVENT_EXEC, PROC_EVENT_EXIT}:
        thread, pid = _PAIR.unpack_from(payload, position)
        if thread != pid:
            return None
        return Executed(pid=pid) if what == PROC_EVENT_EXEC else Exited(pid=pid)
    if what == PROC_EVENT_COMM:
        thread, pid, comm = _COMM.unpack_from(payload, position)
        name = comm.split(b"\0", 1)[0].decode(errors="surrogateescape")
        return Renamed(pid=pid, comm=name) if thread == pid else None
    return Acknowledged(error=_ERROR.unpack_from(payload, position)[0]) if what == PROC_EVENT_NONE else None
