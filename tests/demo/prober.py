"""A client that pings the virtual address all the time, and knows how long nobody answered."""

from __future__ import annotations

import contextlib
import itertools
import os
import select
import socket
import struct
import threading
import time
from typing import TYPE_CHECKING

from tests.lab.netns import Namespace, in_namespace

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

_ECHO_REQUEST = 8
_ECHO_REPLY = 0


def _checksum(data: bytes) -> int:
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


class Prober:
    """Pings one address from a namespace while a with block lasts."""

    def __init__(self, namespace: Namespace, address: str, interval: float) -> None:
        """``interval`` in seconds between two pings: the resolution of what is measured."""
        self.address = address
        self._interval = interval
        self._identifier = os.getpid() & 0xFFFF
        self._sent: list[float] = []
        self._answered: list[float] = []  # the moments of sending of what was answered, in order
        self._lock = threading.Lock()
        self._stop = threading.Event()

        def make() -> socket.socket:
            made = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
            made.setblocking(False)
            return made

        self._socket = in_namespace(namespace.name, make)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(2)
        self._socket.close()

    def _run(self) -> None:
        due = time.monotonic()
        while not self._stop.is_set():
            self._send(len(self._sent))
            due = max(due + self._interval, time.monotonic() - self._interval)
            while (left := due - time.monotonic()) > 0:
                if select.select([self._socket], [], [], left)[0]:
                    self._receive()

    def _send(self, number: int) -> None:
        # Nobody sends 65536 pings here: the sequence number is the index.
        head = struct.pack("!BBHHH", _ECHO_REQUEST, 0, 0, self._identifier, number & 0xFFFF)
        head = head[:2] + struct.pack("!H", _checksum(head)) + head[4:]
        with self._lock:
            self._sent.append(time.monotonic())
        # No route, no neighbour: what counts is that nobody answers.
        with contextlib.suppress(OSError):
            self._socket.sendto(head, (self.address, 0))

    def _receive(self) -> None:
        try:
            datagram, (source, _port) = self._socket.recvfrom(256)
        except OSError:
            return
        message = datagram[4 * (datagram[0] & 15) :]
        kind, _code, _sum, identifier, number = struct.unpack("!BBHHH", message[:8])
        if kind == _ECHO_REPLY and identifier == self._identifier and source == self.address:
            with self._lock:
                self._answered.append(self._sent[number])

    @property
    def silent_since(self) -> float | None:
        """The last answered ping's moment when the newest is overdue, None while answers come."""
        with self._lock:
            last = self._answered[-1] if self._answered else (self._sent[0] if self._sent else time.monotonic())
        return last if time.monotonic() - last > 10 * self._interval else None

    @property
    def answering(self) -> bool:
        """Whether answers come."""
        with self._lock:
            return bool(self._answered) and time.monotonic() - self._answered[-1] < 5 * self._interval

    def outage(self, after: float) -> float:
        """Return the longest time in seconds from an answered ping to the next answered one, later than ``after``."""
        with self._lock:
            answered = sorted(moment for moment in self._answered if moment >= after - 1)
        return max((end - start for start, end in itertools.pairwise(answered) if end >= after), default=0)
