"""``TCP_CHECK`` has nothing to say: the verdict is how the connection attempt ended.

Owns the reference's words for each end (reference/checker-behaviour.md §4, §20); it opens nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.checkers.events import Failed, NotRun, Succeeded
from keepalived_py.checkers.probes.conversation import ConnectFailure

if TYPE_CHECKING:
    from keepalived_py.checkers.events import Outcome

_FAILED = Failed(reason="failed")


class TcpConversation:
    """Connect, and that is all."""

    def connect_failed(self, failure: ConnectFailure, lines: tuple[str, ...]) -> Outcome:
        """Judge a connection that did not open. An unreachable network is a failure without a line of its own."""
        match failure:
            case ConnectFailure.TIMEOUT:
                return Failed(reason="timeout")
            case ConnectFailure.FAILED:
                return _FAILED
            case ConnectFailure.UNREACHABLE:
                return Failed(reason="")
            case ConnectFailure.NOT_BOUND:
                return NotRun(lines=(*lines, "TCP socket bind failed. Rescheduling."))
            case ConnectFailure.NO_SOCKET:
                return NotRun(lines=(*lines, "TCP connect fail to create socket. Rescheduling."))

    def connected(self) -> bytes | Outcome:
        """Succeed."""
        return Succeeded()

    def received(self, data: bytes | memoryview) -> Outcome | None:
        """Never called: the attempt ends with the connection."""
        del data
        return None

    def ended(self) -> Outcome:
        """Never called."""
        return _FAILED

    def broken(self, *, sending: bool) -> Outcome:
        """Never called."""
        del sending
        return _FAILED

    def handshake_failed(self) -> Outcome:
        """Never called."""
        return _FAILED

    def timed_out(self) -> Outcome:
        """Never called: a slow connection is a ConnectFailure."""
        return _FAILED
