"""A multiprocessing pipe used from an event loop: typed messages, and descriptors that travel along.

Owns framing and buffering over one end of ``multiprocessing.Pipe``; knows nothing of what the messages mean. Neither reading nor
writing ever blocks the loop: adverts must not wait for a peer that is busy. The frame is multiprocessing's own (a 4-byte
big-endian length, then a pickle), so the other end may as well be a plain ``Connection``.
"""

from __future__ import annotations

import array
import contextlib
import pickle
import socket
import struct
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from keepalived_py.runtime.messages import Message

_HEADER = struct.Struct("!i")
_LONG_HEADER = struct.Struct("!Q")
_CHUNK = 1 << 18
_MAX_DESCRIPTORS = 8


class Channel:
    """One end of a pipe between two of our processes.

    ``on_message(message, descriptors)`` is called for each message in order with the descriptors that came with it (the callee owns
    and closes them); ``on_close()`` once when the other end is gone. Before ``attach`` nothing is read.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._socket = socket.socket(fileno=connection.fileno())
        self._socket.setblocking(False)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._on_message: Callable[[Message, list[int]], None] | None = None
        self._on_close: Callable[[], None] | None = None
        self._incoming = bytearray()
        self._incoming_descriptors: list[int] = []
        self._outgoing: deque[tuple[memoryview, list[int]]] = deque()
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether the pipe can no longer be used."""
        return self._closed

    def fileno(self) -> int:
        """Return the descriptor, for a forked process that must close its inherited copy."""
        return self._socket.fileno()

    def attach(
        self,
        loop: asyncio.AbstractEventLoop,
        on_message: Callable[[Message, list[int]], None],
        on_close: Callable[[], None],
    ) -> None:
        """Start reading on ``loop``."""
        self._loop, self._on_message, self._on_close = loop, on_message, on_close
        loop.add_reader(self._socket.fileno(), self._readable)
        if self._outgoing:
            self._flush()

    def send(self, message: Message, descriptors: tuple[int, ...] = ()) -> None:
        """Queue ``message``; sent at once if the pipe takes it. A peer that is gone is not an error: ``on_close`` tells."""
        if self._closed:
            return
        payload = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
        head = (
            _HEADER.pack(len(payload)) if len(payload) < 1 << 31 else _HEADER.pack(-1) + _LONG_HEADER.pack(len(payload))
        )
        # The sender may close its own copies at once, so ours are made now.
        copies = [socket.dup(descriptor) for descriptor in descriptors]
        self._outgoing.append((memoryview(head + payload), copies))
        if len(self._outgoing) == 1:
            self._flush()

    def close(self) -> None:
        """Stop using the pipe; the other end sees end of file. Calling it again does nothing."""
        if self._closed:
            return
        self._closed = True
        if self._loop is not None:
            self._loop.remove_reader(self._socket.fileno())
            self._loop.remove_writer(self._socket.fileno())
        for descriptor in self._incoming_descriptors:
            _close(descriptor)
        for _, descriptors in self._outgoing:
            for descriptor in descriptors:
                _close(descriptor)
        self._outgoing.clear()
        self._socket.detach()
        self._connection.close()

    def flush_blocking(self, timeout: float) -> None:
        """Write what is queued before this process ends; gives up after ``timeout`` seconds without progress."""
        if self._closed or not self._outgoing:
            return
        self._socket.settimeout(timeout)
        with contextlib.suppress(OSError):
            while self._outgoing:
                self._send_first()

    def _readable(self) -> None:
        try:
            data, ancillary, _flags, _address = self._socket.recvmsg(_CHUNK, socket.CMSG_SPACE(4 * _MAX_DESCRIPTORS))
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data, ancillary = b"", []
        for level, kind, content in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                found = array.array("i")
                found.frombytes(content[: len(content) - len(content) % found.itemsize])
                self._incoming_descriptors.extend(found)
        if not data:
            on_close = self._on_close
            self.close()
            if on_close is not None:
                on_close()
            return
        self._incoming += data
        while not self._closed and (message := self._next_message()) is not None:
            descriptors, self._incoming_descriptors = self._incoming_descriptors, []
            if self._on_message is not None:
                self._on_message(message, descriptors)

    def _next_message(self) -> Message | None:
        buffer = self._incoming
        start = _HEADER.size
        if len(buffer) < start:
            return None
        (length,) = _HEADER.unpack_from(buffer)
        if length == -1:
            start += _LONG_HEADER.size
            if len(buffer) < start:
                return None
            (length,) = _LONG_HEADER.unpack_from(buffer, _HEADER.size)
        if len(buffer) < start + length:
            return None
        message: Message = pickle.loads(memoryview(buffer)[start : start + length])  # noqa: S301 - only our own forks write here
        del buffer[: start + length]
        return message

    def _flush(self) -> None:
        try:
            while self._outgoing:
                self._send_first()
        except (BlockingIOError, InterruptedError):
            if self._loop is not None:
                self._loop.add_writer(self._socket.fileno(), self._writable)
            return
        except OSError:
            # The reader sees the end of file and reports it; what could not be sent has no receiver.
            self._outgoing.clear()
        if self._loop is not None:
            self._loop.remove_writer(self._socket.fileno())

    def _writable(self) -> None:
        self._flush()

    def _send_first(self) -> None:
        view, descriptors = self._outgoing[0]
        if descriptors:
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
            sent = self._socket.sendmsg([view], rights)
            for descriptor in descriptors:
                _close(descriptor)
        else:
            sent = self._socket.send(view)
        if sent < len(view):
            self._outgoing[0] = (view[sent:], [])
        else:
            self._outgoing.popleft()


def _close(descriptor: int) -> None:
    with contextlib.suppress(OSError):
        socket.close(descriptor)
