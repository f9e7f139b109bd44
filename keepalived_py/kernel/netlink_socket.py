"""A blocking netlink socket for short exchanges: batches of requests with their acknowledgements, and dumps.

Owns sequence numbers, batching and the reading of answers. An exchange is one system call each way and never waits for
anything but the kernel itself; what the kernel reports on its own is the monitor's (``kernel/interfaces.py``).
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import struct
from typing import TYPE_CHECKING

from keepalived_py.kernel.receive_buffer import resize
from keepalived_py.wire.errors import WireError
from keepalived_py.wire.netlink import (
    NLM_F_ACK,
    NLM_F_DUMP,
    NLM_F_DUMP_INTERRUPTED,
    NLM_F_REQUEST,
    NLMSG_DONE,
    NLMSG_ERROR,
    NetlinkMessage,
    decode_messages,
    encode_message,
    error_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType
    from typing import Self

_SOL_NETLINK = 270
_NETLINK_CAP_ACK = 10
_NETLINK_GET_STRICT_CHK = 12

# The kernel queues one acknowledgement a request while it works through the send: the batch must fit the receive
# buffer, whose default of 208 KiB holds about 250 of them.
_BATCH = 100
_RECEIVE_SIZE = 65536
_SO_SNDBUFFORCE = 32
_SEND_BUFFER = 1 << 18
_DUMP_ATTEMPTS = 5
# Every answer is there when the send returns; a wait this long means that it was lost.
_ANSWER_TIMEOUT = struct.pack("@ll", 5, 0)

#: One request: message type, flags beside REQUEST and ACK, payload.
Request = tuple[int, int, bytes]


class NetlinkSocket:
    """One netlink socket in the network namespace of the thread that makes it."""

    def __init__(self, protocol: int) -> None:
        self._sequence = 0
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
        try:
            self._socket.bind((0, 0))
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _ANSWER_TIMEOUT)
            for option in (_NETLINK_CAP_ACK, _NETLINK_GET_STRICT_CHK):
                # Shorter answers and filtered dumps: kernels before 4.20 go without.
                with contextlib.suppress(OSError):
                    self._socket.setsockopt(_SOL_NETLINK, option, 1)
        except OSError:
            self._socket.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def port(self) -> int:
        """The port number that reports about changes of ours carry."""
        port: int = self._socket.getsockname()[0]
        return port

    def close(self) -> None:
        """Close the socket; the object is of no use after."""
        self._socket.close()

    def resize(self, size: int, *, force: bool) -> None:
        """Let ``size`` bytes of answers wait, past the system's limit with ``force``. Raises OSError."""
        resize(self._socket, size, force=force)

    def transact(self, requests: Sequence[Request]) -> list[int]:
        """Send requests in order and return their errno in the same order, 0 for done.

        A request that fails does not stop those behind it. Raises OSError when the exchange itself fails.
        """
        results: list[int] = []
        for start in range(0, len(requests), _BATCH):
            results.extend(self._transact_batch(requests[start : start + _BATCH]))
        return results

    def request(self, type_: int, payload: bytes) -> list[NetlinkMessage]:
        """Send one request that is answered with data; return the answers. Raises OSError with the kernel's errno."""
        return self._ask(type_, NLM_F_REQUEST | NLM_F_ACK, payload)[0]

    def dump(self, type_: int, payload: bytes) -> list[NetlinkMessage]:
        """Return all messages of a dump, asked for again when the table changed meanwhile. Raises OSError."""
        for _ in range(_DUMP_ATTEMPTS):
            messages, interrupted = self._ask(type_, NLM_F_REQUEST | NLM_F_DUMP, payload)
            if not interrupted:
                break
        return messages

    def transaction(self, requests: Sequence[Request], begin: Request, end: Request) -> int:
        """Send requests between two marks, of which all happen or none; return the first errno, 0 for done.

        Only the last request is acknowledged when all goes well, however many there are. Raises OSError when the exchange
        itself fails.
        """
        if not requests:
            return 0
        first = self._sequence + 1
        last = self._sequence = self._sequence + len(requests) + 2
        flagged = [begin, *requests[:-1], (requests[-1][0], requests[-1][1] | NLM_F_ACK, requests[-1][2]), end]
        data = b"".join(
            encode_message(type_, flags | NLM_F_REQUEST, first + number, payload)
            for number, (type_, flags, payload) in enumerate(flagged)
        )
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_SNDBUFFORCE, max(2 * len(data), _SEND_BUFFER))
        self._socket.send(data)
        while True:
            for message in self._receive():
                if message.type != NLMSG_ERROR or not first <= message.sequence <= last:
                    continue
                number = error_of(message)
                if number or message.sequence == last - 1:
                    self._forget_answers()
                    return number

    def _forget_answers(self) -> None:
        """Drop what is still queued: after the first error of a transaction the others say nothing new."""
        with contextlib.suppress(BlockingIOError):
            while True:
                self._socket.recv(_RECEIVE_SIZE, socket.MSG_DONTWAIT)

    def _transact_batch(self, requests: Sequence[Request]) -> list[int]:
        first = self._sequence + 1
        self._sequence += len(requests)
        self._socket.send(
            b"".join(
                encode_message(type_, flags | NLM_F_REQUEST | NLM_F_ACK, first + number, payload)
                for number, (type_, flags, payload) in enumerate(requests)
            )
        )
        results = [0] * len(requests)
        outstanding = len(requests)
        while outstanding:
            for message in self._receive():
                number = message.sequence - first
                if message.type == NLMSG_ERROR and 0 <= number < len(requests):
                    results[number] = error_of(message)
                    outstanding -= 1
        return results

    def _ask(self, type_: int, flags: int, payload: bytes) -> tuple[list[NetlinkMessage], bool]:
        self._sequence += 1
        self._socket.send(encode_message(type_, flags, self._sequence, payload))
        answers: list[NetlinkMessage] = []
        interrupted = False
        while True:
            for message in self._receive():
                if message.sequence != self._sequence:
                    continue
                interrupted = interrupted or bool(message.flags & NLM_F_DUMP_INTERRUPTED)
                if message.type in {NLMSG_ERROR, NLMSG_DONE}:
                    number = error_of(message)
                    if number:
                        raise OSError(number, os.strerror(number))
                    return answers, interrupted
                answers.append(message)

    def _receive(self) -> list[NetlinkMessage]:
        try:
            data = self._socket.recv(_RECEIVE_SIZE)
        except BlockingIOError as error:
            raise TimeoutError(errno.ETIMEDOUT, "no answer from the kernel") from error
        try:
            return list(decode_messages(data))
        except WireError as error:
            raise OSError(errno.EBADMSG, str(error)) from error
