"""Routes and policy rules that the kernel reports as removed; what is added does not interest anybody here.

Owns a monitoring socket of its own, so that a router's full table in motion cannot push reports about addresses out of theirs. A
filter in the kernel lets only removals pass, of routes those that carry our protocol number: a BGP table that flaps costs nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import errno
import socket
import struct
from typing import TYPE_CHECKING, Final, TypeAlias

from keepalived_py.wire.errors import WireError
from keepalived_py.wire.netlink import decode_messages
from keepalived_py.wire.route import PROTOCOL_KEEPALIVED, RTM_DELROUTE, RouteMessage, decode_route
from keepalived_py.wire.rule import RTM_DELRULE, RuleMessage, decode_rule

if TYPE_CHECKING:
    from collections.abc import Callable

RoutingMessage: TypeAlias = RouteMessage | RuleMessage

RTNLGRP_IPV4_ROUTE = 7
RTNLGRP_IPV4_RULE = 8
RTNLGRP_IPV6_ROUTE = 11
RTNLGRP_IPV6_RULE = 19

_SOL_NETLINK: Final = 270
_NETLINK_ADD_MEMBERSHIP: Final = 1
_NETLINK_DROP_MEMBERSHIP: Final = 2
_SO_RCVBUFFORCE: Final = 33
_RECEIVE_BUFFER: Final = 1 << 20
_RECEIVE_SIZE: Final = 65536
_READS_AT_ONCE: Final = 256

# Classic BPF (linux/filter.h): loads are in network order, netlink is in the host's.
_LOAD_HALF: Final = 0x28
_LOAD_BYTE: Final = 0x30
_JUMP_IF_EQUAL: Final = 0x15
_RETURN: Final = 0x06
_ALL: Final = 0xFFFFFFFF
_TYPE_OFFSET: Final = 4
_PROTOCOL_OFFSET: Final = 16 + 5
_INSTRUCTION: Final = struct.Struct("=HBBI")


class RoutingMonitor:
    """Follows removals in the namespace it is made in, from the running loop.

    ``on_removed(message, port)``: ``port`` is that of the socket whose request it was, 0 for the kernel itself. ``on_overrun()``:
    reports were lost.
    """

    def __init__(self, *, on_removed: Callable[[RoutingMessage, int], None], on_overrun: Callable[[], None]) -> None:
        self._on_removed = on_removed
        self._on_overrun = on_overrun
        self._groups: frozenset[int] = frozenset()
        self._socket = socket.socket(
            socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE
        )
        try:
            try:
                self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BUFFER)
            except PermissionError:
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
            _attach_filter(self._socket)
            self._socket.bind((0, 0))
            asyncio.get_running_loop().add_reader(self._socket.fileno(), self._readable)
        except OSError:
            self._socket.close()
            raise

    def follow(self, groups: frozenset[int]) -> None:
        """Be told of these groups (RTNLGRP_*) and no others. Raises OSError."""
        for option, numbers in (
            (_NETLINK_ADD_MEMBERSHIP, groups - self._groups),
            (_NETLINK_DROP_MEMBERSHIP, self._groups - groups),
        ):
            for number in numbers:
                self._socket.setsockopt(_SOL_NETLINK, option, number)
        self._groups = groups

    def close(self) -> None:
        """Stop following."""
        if self._socket.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._socket.close()

    def _readable(self) -> None:
        for _ in range(_READS_AT_ONCE):
            if self._socket.fileno() < 0:
                return
            try:
                data = self._socket.recv(_RECEIVE_SIZE)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                self._on_overrun()
                continue
            with contextlib.suppress(WireError):
                for message in decode_messages(data):
                    with contextlib.suppress(WireError):
                        if message.type == RTM_DELROUTE:
                            self._on_removed(decode_route(message.payload), message.port)
                        elif message.type == RTM_DELRULE:
                            self._on_removed(decode_rule(message.payload), message.port)


def _attach_filter(receiver: socket.socket) -> None:
    route, rule = socket.htons(RTM_DELROUTE), socket.htons(RTM_DELRULE)
    program = b"".join(
        _INSTRUCTION.pack(*instruction)
        for instruction in (
            (_LOAD_HALF, 0, 0, _TYPE_OFFSET),
            (_JUMP_IF_EQUAL, 3, 0, rule),
            (_JUMP_IF_EQUAL, 0, 3, route),
            (_LOAD_BYTE, 0, 0, _PROTOCOL_OFFSET),
            (_JUMP_IF_EQUAL, 0, 1, PROTOCOL_KEEPALIVED),
            (_RETURN, 0, 0, _ALL),
            (_RETURN, 0, 0, 0),
        )
    )
    code = ctypes.create_string_buffer(program)
    receiver.setsockopt(
        socket.SOL_SOCKET,
        26,  # SO_ATTACH_FILTER
        struct.pack("@HP", len(program) // _INSTRUCTION.size, ctypes.addressof(code)),
    )
