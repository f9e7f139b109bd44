"""The kernel's reports of processes that begin, change and end (the proc connector).

Owns the socket. The connector exists only in the host's network namespace, and tells only processes of the host's PID and user
namespaces: a daemon in a network namespace opens its socket over there, and ``open`` says what is missing where that cannot be.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import socket
import struct
from typing import TYPE_CHECKING, Final

from keepalived_py.kernel import netns
from keepalived_py.kernel.processes import ancestors
from keepalived_py.wire.errors import WireError
from keepalived_py.wire.proc_connector import (
    CN_IDX_PROC,
    PROC_CN_MCAST_IGNORE,
    PROC_CN_MCAST_LISTEN,
    PROC_EVENT_COMM,
    PROC_EVENT_EXEC,
    PROC_EVENT_EXIT,
    PROC_EVENT_FORK,
    PROC_EVENT_NONE,
    Acknowledged,
    ProcessEvent,
    decode_events,
    encode_request,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

_NETLINK_CONNECTOR: Final = 11
_SO_RCVBUFFORCE: Final = 33
_SO_ATTACH_FILTER: Final = 26
_RECEIVE_SIZE: Final = 4096
#: Then adverts and timers get their turn, however many processes are started.
_READS_AT_ONCE: Final = 512
_MAXIMAL_DRAIN: Final = 1_000_000


class ProcessEvents:
    """A socket that process events arrive at."""

    def __init__(self, opened: socket.socket) -> None:
        self._socket = opened

    @classmethod
    def open(cls) -> Self:
        """Subscribe. Raises OSError where there are no such events: no connector, no privilege, another PID namespace."""
        try:
            return cls._subscribe()
        except ConnectionRefusedError as error:
            # No connector in this network namespace; a socket opened in the host's one works from anywhere.
            refused = error
        for path in _other_namespaces():
            with contextlib.suppress(OSError), netns.visit(path):
                return cls._subscribe()
        raise refused

    @classmethod
    def _subscribe(cls) -> Self:
        kind = socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
        events = cls(socket.socket(socket.AF_NETLINK, kind, _NETLINK_CONNECTOR))
        try:
            _attach_filter(events._socket)
            events._socket.bind((0, CN_IDX_PROC))
            events._socket.send(encode_request(PROC_CN_MCAST_LISTEN))
            events._await_answer()
        except OSError:
            events._socket.close()
            raise
        return events

    def _await_answer(self) -> None:
        """Read the answer, which is there when the send returns; whoever may not listen gets none, or an error."""
        while True:
            try:
                received = self._receive()
            except BlockingIOError:
                raise OSError(errno.EOPNOTSUPP, "not for processes in a container") from None
            for event in received:
                if isinstance(event, Acknowledged):
                    if event.error:
                        raise OSError(event.error, os.strerror(event.error))
                    return

    def fileno(self) -> int:
        """Return the descriptor, for the loop."""
        return self._socket.fileno()

    @property
    def receive_buffer(self) -> int:
        """How many bytes may wait, as setsockopt(2) counts them."""
        return self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2

    def set_receive_buffer(self, size: int, *, force: bool) -> None:
        """Let more events wait. Raises OSError: ``force`` needs CAP_NET_ADMIN."""
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE if force else socket.SO_RCVBUF, size)

    def read(self) -> list[ProcessEvent]:
        """Return what has happened since the last time. Raises OSError: ENOBUFS when some of it was lost."""
        events: list[ProcessEvent] = []
        for _ in range(_READS_AT_ONCE):
            try:
                events += self._receive()
            except BlockingIOError:
                break
        return events

    def drain(self) -> None:
        """Throw away what waits: a list of all processes is about to say it better."""
        for _ in range(_MAXIMAL_DRAIN):
            try:
                self._receive()
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise

    def close(self) -> None:
        """Ask for no more events, and close."""
        with contextlib.suppress(OSError):
            self._socket.send(encode_request(PROC_CN_MCAST_IGNORE))
        self._socket.close()

    def _receive(self) -> list[ProcessEvent]:
        data, sender = self._socket.recvfrom(_RECEIVE_SIZE)
        if sender[0] != 0:
            return []  # not from the kernel
        try:
            return list(decode_events(data))
        except WireError:
            return []


def _attach_filter(receiver: socket.socket) -> None:
    """Have the kernel queue only what matters: threads begin and end by the thousand."""
    instructions = [_instruction(*each) for each in _FILTER]
    program = ctypes.create_string_buffer(b"".join(instructions))
    receiver.setsockopt(
        socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("@HP", len(instructions), ctypes.addressof(program))
    )


def _instruction(code: int, if_true: int, if_false: int, value: int) -> bytes:
    return struct.pack("@HBBI", code, if_true, if_false, value)


def _as_loaded(number: int) -> int:
    """Return what a number of this host looks like to the filter, which reads everything as the network writes it."""
    return int.from_bytes(struct.pack("=I", number), "big")


#: linux/bpf_common.h: load a word, keep it aside, compare with a number, compare with what was kept, return.
_LOAD, _KEEP, _EQUALS, _EQUALS_KEPT, _RETURN = 0x20, 0x07, 0x15, 0x1D, 0x06
#: Behind the headers of netlink (16 bytes) and the connector (20): what, and 16 bytes later its numbers.
_WHAT, _NUMBERS = 36, 52
#: Each with how many to skip if so, and if not.
_FILTER: Final = (
    (_LOAD, 0, 0, _WHAT),
    (_EQUALS, 12, 0, _as_loaded(PROC_EVENT_NONE)),
    (_EQUALS, 3, 0, _as_loaded(PROC_EVENT_FORK)),
    (_EQUALS, 6, 0, _as_loaded(PROC_EVENT_EXEC)),
    (_EQUALS, 5, 0, _as_loaded(PROC_EVENT_COMM)),
    (_EQUALS, 4, 9, _as_loaded(PROC_EVENT_EXIT)),
    # A fork: the thread and the process of the child, which are the same unless it is a mere thread.
    (_LOAD, 0, 0, _NUMBERS + 8),
    (_KEEP, 0, 0, 0),
    (_LOAD, 0, 0, _NUMBERS + 12),
    (_EQUALS_KEPT, 4, 5, 0),
    # Anything else: the thread and the process that it happened to.
    (_LOAD, 0, 0, _NUMBERS),
    (_KEEP, 0, 0, 0),
    (_LOAD, 0, 0, _NUMBERS + 4),
    (_EQUALS_KEPT, 0, 1, 0),
    (_RETURN, 0, 0, 0xFFFFFFFF),
    (_RETURN, 0, 0, 0),
)


def _other_namespaces() -> Iterator[str]:
    """Yield where the host's network namespace may be: where this process was started, where those that started it are."""
    if (home := netns.home()) is not None:
        yield home
    for pid in ancestors():
        yield f"/proc/{pid}/ns/net"
