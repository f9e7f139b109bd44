"""FIFOs that receive a line for every change, and the programs that read them.

These are ``notify_fifo``, ``vrrp_notify_fifo`` and ``lvs_notify_fifo``. Owns making, opening, writing and removing them.
Writing never waits: what no reader takes is lost, as in keepalived, but we say once that it is. The form of a line is the caller's.
Source: reference/cli-and-process.md §10.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from typing import TYPE_CHECKING

from keepalived_py.log import Level

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keepalived_py.config.ast import NotifyFifo
    from keepalived_py.log import Log
    from keepalived_py.notify.script import ScriptRunner, Service

_CREATION_MODE = 0o644


class Fifo:
    """One FIFO; ``kind`` ("", "vrrp_", "lvs_") is how its keyword begins. Its reader, if configured, is started with it."""

    def __init__(self, wanted: NotifyFifo, scripts: ScriptRunner, log: Log, *, kind: str) -> None:
        self._wanted = wanted
        self._log = log
        self._label = f"{kind}notify fifo"
        self._created = False
        self._lost = False
        self._failed: int | None = None
        self._reader: Service | None = None
        self._descriptor = self._open()
        if self._descriptor is not None and wanted.script is not None:
            self._reader = scripts.serve(wanted.script, name=wanted.script.argv[0])

    def write(self, line: bytes) -> None:
        """Write one line, whole or not at all; it is lost when nobody reads."""
        if self._descriptor is None:
            return
        try:
            os.write(self._descriptor, line)
        except BlockingIOError:
            if not self._lost:
                self._lost = True
                self._log(Level.WARNING, f"{self._label} {self._wanted.path} is full: lines are lost until it is read")
        except OSError as error:
            if self._failed != error.errno:
                self._failed = error.errno
                self._log(Level.INFO, f"{self._label} write error: {error.strerror}")
        else:
            self._lost, self._failed = False, None

    def close(self) -> None:
        """Close it, and remove it if we made it; its reader sees the end and is asked to end."""
        if self._created:
            # First: a reader that opens it again and again must not find it.
            with contextlib.suppress(OSError):
                os.unlink(self._wanted.path)
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        if self._reader is not None:
            self._reader.stop()

    def _open(self) -> int | None:
        path = self._wanted.path
        try:
            os.mkfifo(path, _CREATION_MODE)
        except FileExistsError:
            pass
        except OSError as error:
            self._log(Level.INFO, f"Unable to create {self._label} {path}: {error.strerror}")
            return None
        else:
            self._created = True
            self._give_away(path)
        try:
            # Read and write, so that opening and writing never wait for a reader.
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
        except OSError as error:
            self._log(Level.INFO, f"Unable to open {self._label} {path} - errno {error.errno}")
            self._remove()
            return None
        found = os.fstat(descriptor)
        if not stat.S_ISFIFO(found.st_mode) or found.st_uid not in (os.getuid(), self._wanted.uid):
            # Somebody may have put a file of his there for us to write to.
            self._log(Level.INFO, f"{self._label} {path} is not a fifo we own - not using")
            os.close(descriptor)
            return None
        return descriptor

    def _give_away(self, path: str) -> None:
        wanted = self._wanted
        if (wanted.uid, wanted.gid) == (os.getuid(), os.getgid()):
            return
        try:
            os.chown(path, wanted.uid, wanted.gid, follow_symlinks=False)
        except OSError as error:
            if error.errno != errno.ENOENT:
                self._log(Level.INFO, f"Failed to set uid:gid for fifo {path}")

    def _remove(self) -> None:
        if self._created:
            self._created = False
            with contextlib.suppress(OSError):
                os.unlink(self._wanted.path)


class Fifos:
    """The FIFOs of one process: the common one and its own. An unchanged one stays open over a reload, with its reader."""

    def __init__(self, scripts: ScriptRunner, log: Log) -> None:
        self._scripts = scripts
        self._log = log
        self._open: dict[tuple[str, NotifyFifo], Fifo] = {}

    def use(self, wanted: Iterable[tuple[str, NotifyFifo | None]]) -> None:
        """Have exactly these open: pairs of kind ("", "vrrp_", "lvs_") and FIFO, None for one that is not configured."""
        keys = {(kind, fifo) for kind, fifo in wanted if fifo is not None and fifo.possible}
        for key in self._open.keys() - keys:
            self._open.pop(key).close()
        for kind, fifo in sorted(keys - self._open.keys(), key=lambda key: key[0]):
            self._open[kind, fifo] = Fifo(fifo, self._scripts, self._log, kind=kind)

    def write(self, line: bytes) -> None:
        """Write a line to each."""
        for fifo in self._open.values():
            fifo.write(line)

    def close(self) -> None:
        """Close all."""
        for fifo in self._open.values():
            fifo.close()
        self._open.clear()
