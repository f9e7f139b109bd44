"""What can happen to a check or a virtual server, and what they ask for.

Owns the vocabulary only. Events come in with the time they happened; effects are carried out by ``worker.py`` in the order given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from keepalived_py.config.ast import Command, Microseconds
    from keepalived_py.runtime.messages import TableChange
    from keepalived_py.wire.ipvs import DestinationKey

# --- how one attempt ended --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyLength:
    """How long an HTTP reply said its body is (``Content-Length``, None if it did not) and how many bytes came."""

    announced: int | None
    received: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeeded:
    """The server answered as it should; ``what`` names the last test that was passed ("MD5 digest")."""

    what: str = ""
    length: BodyLength | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The server did not; ``reason`` is the reference's words for it ("Timeout connecting").

    ``length`` is None when the failure came before the reply's length was looked at.
    """

    reason: str
    length: BodyLength | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRun:
    """This host could not even try (no descriptor, no such source address): no verdict. ``lines`` are for the log."""

    lines: tuple[str, ...]


Outcome: TypeAlias = Succeeded | Failed | NotRun

# --- events of a checker ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Begin checking. ``warmup`` is a random time in 0..the configured warm-up, drawn by the caller."""

    warmup: Microseconds


@dataclass(frozen=True, slots=True)
class DeadlineReached:
    """The checker's ``deadline`` has come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFinished:
    """The attempt that StartAttempt asked for has ended."""

    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictRefused:
    """The kernel refused what the last verdict meant; the checker keeps ``is_up`` and tries again next round."""

    is_up: bool


CheckerEvent: TypeAlias = Start | DeadlineReached | AttemptFinished | VerdictRefused

# --- events of a virtual server ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Initialise:
    """The start: the service and its first destinations go into the table, the quorum is judged once.

    ``down`` are the positions of real servers that begin as failed, all their checkers with them.
    """

    down: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckerVerdict:
    """A checker has judged its real server.

    ``real_server`` and ``checker`` are positions in the configuration. ``first`` is set for a checker's first judgement since the
    start. ``report`` is the body of the mail.
    """

    real_server: int
    checker: int
    was_up: bool
    is_up: bool
    first: bool
    report: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightChanged:
    """A real server's effective weight is now this."""

    real_server: int
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationRefused:
    """The kernel refused to add, change or remove a destination."""

    destination: DestinationKey


@dataclass(frozen=True, slots=True)
class Shutdown:
    """The daemon stops; everything leaves the table."""


VirtualServerEvent: TypeAlias = Initialise | CheckerVerdict | WeightChanged | DestinationRefused | Shutdown

# --- effects ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """A log line; ``level`` is a syslog priority, ``detail`` lines are only for -D."""

    text: str
    level: int = 6
    detail: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StartAttempt:
    """Try the server now; ``url`` is the position of the url to fetch (0 for checks without urls)."""

    url: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The checker has made up its mind; becomes the virtual server's CheckerVerdict."""

    was_up: bool
    is_up: bool
    first: bool
    report: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeDestinations:
    """Changes for the kernel's table, in this order."""

    changes: tuple[TableChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """Tell the outside: run ``command`` if there is one.

    ``line`` is what keepalived writes to a notify FIFO ("RS [192.0.2.1]:tcp:80 [198.51.100.1]:tcp:80 UP").
    """

    line: str
    command: Command | None
    stopping: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MailRealServer:
    """A mail about a real server."""

    real_server: str
    virtual_server: str
    is_up: bool
    report: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailVirtualServer:
    """A mail about a virtual server's quorum."""

    virtual_server: str
    is_up: bool
    report: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RevertChecker:
    """The kernel refused the verdict of this checker: it keeps the state it had (VerdictRefused)."""

    real_server: int
    checker: int
    is_up: bool


CheckerEffect: TypeAlias = Log | StartAttempt | Verdict
VirtualServerEffect: TypeAlias = Log | ChangeDestinations | Notify | MailRealServer | MailVirtualServer | RevertChecker
