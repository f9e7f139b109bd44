"""Where log lines go: syslog with keepalived's identities, the console, or nowhere; the only importer of structlog.

A line is a syslog priority and keepalived's own wording. structlog renders natively (2 microseconds a line; through the standard
library's handlers it would be 24). Source: reference/cli-and-process.md §1 (-l, -D, -S, -G) and §5 (identities).
"""

from __future__ import annotations

import contextlib
import enum
import os
import socket
import sys
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

# structlog imports rich where it happens to be installed: 60 ms and 5 MiB for tracebacks in colour that a daemon never prints.
_rich = sys.modules.get("rich")
sys.modules["rich"] = None  # type: ignore[assignment]  # None makes the import fail, as importlib documents
try:
    import structlog
finally:
    if _rich is None:
        del sys.modules["rich"]
    else:
        sys.modules["rich"] = _rich

if TYPE_CHECKING:
    from collections.abc import MutableMapping

_SYSLOG_SOCKET = "/dev/log"
_FACILITY_DAEMON = 3
_FACILITY_USER = 1
_FACILITY_LOCAL0 = 16
_MAX_LINE = 8192


class Level(enum.IntEnum):
    """Syslog priorities (RFC 5424 section 6.2.1)."""

    EMERG = 0
    ALERT = 1
    CRIT = 2
    ERR = 3
    WARNING = 4
    NOTICE = 5
    INFO = 6
    DEBUG = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """What the command line asked for; ``facility`` is the syslog facility's number, ``suffix`` follows each identity."""

    console: bool = False
    syslog: bool = True
    detail: int = 0
    facility: int = _FACILITY_DAEMON
    suffix: str = ""


def facility_number(text: str) -> int | None:
    """Return the number of a facility as ``-S`` takes it (0-7, local0-local7, user, daemon), or None."""
    if text == "daemon":
        return _FACILITY_DAEMON
    if text == "user":
        return _FACILITY_USER
    digits = text.removeprefix("local")
    return _FACILITY_LOCAL0 + int(digits) if digits in set("01234567") else None


def write_stderr(text: str) -> None:
    """Write one line to stderr as it was read: a configuration's bytes need not be UTF-8."""
    sys.stderr.flush()
    sys.stderr.buffer.write(f"{text}\n".encode(errors="surrogateescape"))
    sys.stderr.buffer.flush()


class _Sink:
    """structlog's final processor: formats and writes one line."""

    def __init__(self, identity: str, settings: LogSettings) -> None:
        self.identity = identity
        self.settings = settings
        self._syslog: socket.socket | None = None

    def __call__(self, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
        level, text = event["level"], event["event"]
        if self.settings.syslog:
            self._to_syslog(level, text)
        if self.settings.console:
            # A console that is gone must not end the daemon.
            with contextlib.suppress(OSError, ValueError):
                write_stderr(f"{time.ctime()}: {text}")
        raise structlog.DropEvent

    def _to_syslog(self, level: int, text: str) -> None:
        line = f"<{self.settings.facility << 3 | level}>{self.identity}{self.settings.suffix}[{os.getpid()}]: {text}"
        data = line.encode(errors="surrogateescape")[:_MAX_LINE]
        for _attempt in range(2):
            try:
                if self._syslog is None:
                    self._syslog = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
                    self._syslog.connect(_SYSLOG_SOCKET)
                self._syslog.send(data)
            except BlockingIOError:
                return  # a stuck syslog daemon must not hold up adverts
            except OSError:
                if self._syslog is not None:
                    self._syslog.close()
                self._syslog = None
            else:
                return


class Log:
    """The log of one process. ``log(level, text)``; ``detail(text)`` for what keepalived prints only with -D."""

    def __init__(self, identity: str, settings: LogSettings) -> None:
        self._sink = _Sink(identity, settings)
        self._logger = structlog.BoundLogger(None, processors=[self._sink], context={})

    @property
    def identity(self) -> str:
        """The syslog identity, e.g. Keepalived_vrrp."""
        return self._sink.identity

    @property
    def to_console(self) -> bool:
        """Whether lines go to stderr."""
        return self._sink.settings.console

    @property
    def detailed(self) -> int:
        """How many -D were given."""
        return self._sink.settings.detail

    def __call__(self, level: int, text: str, *, detail: bool = False) -> None:
        """Write one line; with ``detail`` only when -D was given."""
        if not detail or self._sink.settings.detail:
            self._logger._proxy_to_logger("log", text, level=level)  # noqa: SLF001 - structlog's documented hook for own methods

    def detail(self, text: str) -> None:
        """Write a line at INFO that is only wanted with -D."""
        self(Level.INFO, text, detail=True)

    def with_suffix(self, suffix: str) -> Log:
        """Return a log whose identity, and that of its workers, ends with ``suffix`` (a namespace, an instance)."""
        return Log(self.identity, replace(self._sink.settings, suffix=suffix))

    def for_worker(self, identity: str) -> Log:
        """Return the log of a forked worker, with its own identity and socket."""
        return Log(identity, self._sink.settings)
