"""PID files as keepalived keeps them: the number and a newline, mode 0644, write-locked while the process lives.

Source: reference/cli-and-process.md §3.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct

_FLOCK = struct.Struct("hhqqi4x")  # struct flock on 64-bit Linux; l_pid must be 0 for open file description locks


class AlreadyRunningError(Exception):
    """A live process holds the lock of the wanted PID file."""


class PidFile:
    """One PID file. ``acquire`` before forking workers, ``remove`` at the end.

    Raises OSError when the file cannot be written, AlreadyRunningError when another process has it.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Create the file if needed, lock it and keep it open."""
        if self._descriptor is not None:
            return
        # Links are not followed: the directory may be writable by others, and we write as root.
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        try:
            # The umask of the daemon must not hide the file from tools that read it.
            with contextlib.suppress(PermissionError):
                os.fchmod(descriptor, 0o644)
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
        except BlockingIOError:
            os.close(descriptor)
            raise AlreadyRunningError(self.path) from None
        except OSError:
            os.close(descriptor)
            raise
        self._descriptor = descriptor

    def write(self, pid: int) -> None:
        """Store ``pid``."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, f"{pid}\n".encode(), 0)

    def close_inherited(self) -> None:
        """In a worker: drop the parent's descriptor, so that the lock ends with the parent."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def remove(self) -> None:
        """Delete the file and give up the lock; no error if it is already gone."""
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                os.unlink(self.path)
            os.close(self._descriptor)
            self._descriptor = None
