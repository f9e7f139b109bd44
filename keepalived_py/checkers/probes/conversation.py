"""What every probe over TCP answers to its transport, and how a connection can fail to open.

Owns the interface between ``connect.py`` (sockets and time) and the probes (bytes and words).
Source: reference/checker-behaviour.md §3.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from keepalived_py.checkers.events import Outcome


class ConnectFailure(enum.Enum):
    """How a connection did not open; the last two say something about this host, not about the server."""

    TIMEOUT = enum.auto()
    FAILED = enum.auto()
    UNREACHABLE = enum.auto()
    NOT_BOUND = enum.auto()
    NO_SOCKET = enum.auto()


class Conversation(Protocol):
    """One attempt as the probe sees it. Whoever returns an Outcome has ended the attempt."""

    def connect_failed(self, failure: ConnectFailure, lines: tuple[str, ...]) -> Outcome:
        """Judge a connection that did not open; ``lines`` are details for the log."""

    def connected(self) -> bytes | Outcome:
        """Return the bytes to send now that the connection is open."""

    def received(self, data: bytes | memoryview) -> Outcome | None:
        """Take what the server sent; None to read on."""

    def ended(self) -> Outcome:
        """Judge at the end of the stream."""

    def broken(self, *, sending: bool) -> Outcome:
        """Judge a connection that broke while reading, or while sending the request."""

    def handshake_failed(self) -> Outcome:
        """Judge a TLS handshake that failed."""

    def timed_out(self) -> Outcome:
        """Judge a server that is connected but too slow."""
