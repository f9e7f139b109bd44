"""Carries one attempt of a check over a non-blocking socket: connects, sends, reads, and ends in time.

Owns sockets and time; what the bytes mean belongs to the probe (``probes/conversation.py``). Every attempt ends with exactly one
call of ``on_done`` and a closed descriptor, whatever the server does: connecting has connect_timeout, each silence has
connect_timeout (with TLS the whole reply), and the whole attempt ``LONGEST_ATTEMPT`` times that, where the reference would wait
for ever on a server that drips. Raw readiness callbacks rather than asyncio transports, because the outcome classes need
connect's own errno and a check costs less that way. Source: reference/checker-behaviour.md §3, §5.
"""

from __future__ import annotations

import errno
import os
import socket
import ssl
from typing import TYPE_CHECKING

from keepalived_py.checkers.probes.conversation import ConnectFailure
from keepalived_py.runtime.deadlines import Deadlines

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from keepalived_py.checkers.events import Outcome
    from keepalived_py.checkers.probes.conversation import Conversation
    from keepalived_py.config.ast import CheckCommon, Microseconds

#: An attempt may last this many connect_timeouts altogether.
LONGEST_ATTEMPT = 10
_READ_SIZE = 1 << 16
#: How often a descriptor is read before the other checks have their turn.
_READS_AT_ONCE = 8

#: "Nothing to read now", in plain and in TLS.
_NOT_YET = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)

_UNREACHABLE = frozenset(
    {
        errno.ENETUNREACH,
        errno.EHOSTUNREACH,
        errno.ECONNREFUSED,
        errno.EHOSTDOWN,
        errno.ENETDOWN,
        errno.ECONNRESET,
        errno.ECONNABORTED,
        errno.ETIMEDOUT,
    }
)


class Connector:
    """All attempts of a worker; they share one timer and one read buffer."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.deadlines: Deadlines[Attempt] = Deadlines(loop, lambda attempt, now: attempt.expire(now))
        self.buffer = memoryview(bytearray(_READ_SIZE))
        self.running: set[Attempt] = set()
        self._tls: ssl.SSLContext | None = None

    def start(
        self,
        target: CheckCommon,
        conversation: Conversation,
        on_done: Callable[[Outcome], None],
        *,
        tls: bool = False,
        server_name: str | None = None,
    ) -> None:
        """Begin an attempt; ``on_done`` is called once, possibly before this returns."""
        Attempt(self, target, conversation, on_done, tls=tls, server_name=server_name).connect()

    def close(self) -> None:
        """End all attempts without an outcome."""
        for attempt in tuple(self.running):
            attempt.abandon()
        self.deadlines.close()

    def tls_context(self) -> ssl.SSLContext:
        """Return a client context that accepts any certificate, as the reference does even with ``ca``."""
        if self._tls is None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
            context.set_ciphers("DEFAULT")
            self._tls = context
        return self._tls


class Attempt:
    """One connection to one server."""

    __slots__ = (
        "_connected",
        "_connector",
        "_conversation",
        "_last_moment",
        "_on_done",
        "_quiet_until",
        "_server_name",
        "_socket",
        "_target",
        "_tls",
        "_unwatch",
    )

    def __init__(
        self,
        connector: Connector,
        target: CheckCommon,
        conversation: Conversation,
        on_done: Callable[[Outcome], None],
        *,
        tls: bool,
        server_name: str | None,
    ) -> None:
        self._connector = connector
        self._target = target
        self._conversation = conversation
        self._on_done = on_done
        self._tls = tls
        self._server_name = server_name
        self._socket: socket.socket | None = None
        #: Undoes what the loop was last asked to watch the descriptor for.
        self._unwatch: Callable[[int], bool] | None = None
        self._connected = False
        self._quiet_until: Microseconds = 0
        self._last_moment: Microseconds = 0

    def connect(self) -> None:
        """Open the socket and start connecting."""
        target, connector = self._target, self._connector
        family = socket.AF_INET if target.connect_ip.version == 4 else socket.AF_INET6
        try:
            self._socket = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK, socket.IPPROTO_TCP)
        except OSError:
            self._finish(self._conversation.connect_failed(ConnectFailure.NO_SOCKET, ()))
            return
        connector.running.add(self)
        if (problem := _prepare(self._socket, target)) is not None:
            self._finish(self._conversation.connect_failed(ConnectFailure.NOT_BOUND, (problem,)))
            return
        code = self._socket.connect_ex((str(target.connect_ip), target.connect_port))
        if code in {0, errno.EINPROGRESS}:
            now = connector.deadlines.now()
            self._quiet_until = now + target.connect_timeout
            self._last_moment = now + LONGEST_ATTEMPT * target.connect_timeout
            connector.deadlines.schedule(self, self._quiet_until)
            self._watch_writing(self._socket, self._opened)
        elif code in _UNREACHABLE:
            self._finish(self._conversation.connect_failed(ConnectFailure.UNREACHABLE, ()))
        else:
            self._finish(self._conversation.connect_failed(ConnectFailure.NOT_BOUND, ()))

    def expire(self, now: Microseconds) -> None:
        """Act on a deadline: go on waiting if something arrived in between, else give up."""
        limit = min(self._quiet_until, self._last_moment)
        if now < limit:
            self._connector.deadlines.schedule(self, limit)
        elif self._connected:
            self._finish(self._conversation.timed_out())
        else:
            self._finish(self._conversation.connect_failed(ConnectFailure.TIMEOUT, ()))

    def abandon(self) -> None:
        """Close without an outcome."""
        connector, sock = self._connector, self._socket
        connector.running.discard(self)
        connector.deadlines.cancel(self)
        if sock is not None:
            self._stop_watching(sock)
            self._socket = None
            sock.close()

    def _finish(self, outcome: Outcome) -> None:
        self.abandon()
        self._on_done(outcome)

    def _watch_writing(self, sock: socket.socket, callback: Callable[[], None]) -> None:
        self._stop_watching(sock)
        self._connector.loop.add_writer(sock.fileno(), callback)
        self._unwatch = self._connector.loop.remove_writer

    def _watch_reading(self, sock: socket.socket, callback: Callable[[], None]) -> None:
        self._stop_watching(sock)
        self._connector.loop.add_reader(sock.fileno(), callback)
        self._unwatch = self._connector.loop.remove_reader

    def _stop_watching(self, sock: socket.socket) -> None:
        if self._unwatch is not None:
            self._unwatch(sock.fileno())
            self._unwatch = None

    def _opened(self) -> None:
        sock = self._socket
        if sock is None:
            return
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code == errno.EINPROGRESS:
            return
        if code:
            failure = ConnectFailure.TIMEOUT if code == errno.ETIMEDOUT else ConnectFailure.FAILED
            self._finish(self._conversation.connect_failed(failure, ()))
        elif self._tls:
            self._stop_watching(sock)
            self._start_tls(sock)
        else:
            self._converse(sock)

    def _start_tls(self, sock: socket.socket) -> None:
        try:
            self._socket = self._connector.tls_context().wrap_socket(
                sock, do_handshake_on_connect=False, server_hostname=self._server_name
            )
        except (OSError, ValueError):  # gone already, or a server name that cannot be encoded
            self._finish(self._conversation.handshake_failed())
            return
        self._shake_hands()

    def _shake_hands(self) -> None:
        sock = self._socket
        if not isinstance(sock, ssl.SSLSocket):
            return
        try:
            sock.do_handshake()
        except ssl.SSLWantReadError:
            self._watch_reading(sock, self._shake_hands)
        except ssl.SSLWantWriteError:
            self._watch_writing(sock, self._shake_hands)
        except OSError:
            self._finish(self._conversation.handshake_failed())
        else:
            self._converse(sock)

    def _converse(self, sock: socket.socket) -> None:
        answer = self._conversation.connected()
        if not isinstance(answer, bytes):
            self._finish(answer)
            return
        self._connected = True
        try:
            sock.send(answer)
        except OSError:
            self._finish(self._conversation.broken(sending=True))
            return
        self._quiet_until = self._connector.deadlines.now() + self._target.connect_timeout
        self._connector.deadlines.schedule(self, min(self._quiet_until, self._last_moment))
        self._watch_reading(sock, self._readable)
        if self._tls:
            self._readable()  # the reply may have been decrypted together with the handshake's end

    def _readable(self) -> None:
        first = True
        for _ in range(_READS_AT_ONCE):
            sock = self._socket
            if sock is None:
                return
            try:
                size = sock.recv_into(self._connector.buffer)
            except _NOT_YET:
                return
            except OSError:
                self._finish(self._conversation.broken(sending=False))
                return
            if not size:
                self._finish(self._conversation.ended())
                return
            if first and not self._tls:
                self._quiet_until = self._connector.deadlines.now() + self._target.connect_timeout
                first = False
            outcome = self._conversation.received(self._connector.buffer[:size])
            if outcome is not None:
                self._finish(outcome)
                return
        if self._tls:  # what is decrypted already does not make the descriptor readable
            self._connector.loop.call_soon(self._readable)


def _prepare(sock: socket.socket, target: CheckCommon) -> str | None:
    """Set mark, device and source address; returns the reference's line for what failed."""
    if target.fwmark:
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, target.fwmark)
        except OSError as error:
            return f"Error setting fwmark {target.fwmark} to socket: {os.strerror(error.errno or 0)}"
    if target.bind_if:
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, target.bind_if.encode() + b"\0")
        except OSError as error:
            return f"Checker can't bind to device {target.bind_if}: {os.strerror(error.errno or 0)}"
    if target.bindto is not None:
        try:
            sock.bind((str(target.bindto), target.bind_port))
        except OSError as error:
            return f"Checker bind failed: {os.strerror(error.errno or 0)}"
    return None
