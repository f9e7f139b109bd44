"""What a process is to the system: its names, its tie to the parent. No protocol, no configuration."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_PR_SET_MM = 35
_PR_SET_MM_ARG_END = 9
_COMM_LENGTH = 15
#: Fields of /proc/self/stat after the command's closing parenthesis, counted from 3 (proc(5)).
_STAT_FIRST_FIELD = 3
_STAT_ARG_START = 48
_STAT_ARG_END = 49

_libc = ctypes.CDLL(None, use_errno=True)
_libc.prctl.argtypes = [ctypes.c_int, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong]


class ProcessTitle:
    """The memory in which the kernel shows this process's arguments; write once a process (``ps``, ``pidof`` read it)."""

    def __init__(self) -> None:
        self._start, self._size = 0, 0
        with contextlib.suppress(OSError, ValueError, IndexError):
            with open("/proc/self/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
            start = int(fields[_STAT_ARG_START - _STAT_FIRST_FIELD])
            self._start, self._size = start, int(fields[_STAT_ARG_END - _STAT_FIRST_FIELD]) - start

    def set(self, name: str, arguments: tuple[str, ...] = ()) -> None:
        """Name this process ``name`` (comm, at most 15 bytes, and argv[0]) with ``arguments`` behind it.

        Tools find the daemon by either (reference/tooling-contracts.md §3.2). What does not fit into the original argument area is
        cut; where the area cannot be shortened (no CAP_SYS_RESOURCE) the rest reads as empty arguments.
        """
        comm = name.encode(errors="surrogateescape")[:_COMM_LENGTH]
        buffer = ctypes.create_string_buffer(comm)
        _libc.prctl(_PR_SET_NAME, ctypes.addressof(buffer), 0, 0, 0)
        if self._size < 2:
            return
        title = b"\0".join(word.encode(errors="surrogateescape") for word in (name, *arguments))
        title = title[: self._size - 1] + b"\0"
        ctypes.memmove(self._start, title.ljust(self._size, b"\0"), self._size)
        _libc.prctl(_PR_SET_MM, _PR_SET_MM_ARG_END, self._start + len(title), 0, 0)


def die_with_parent(parent_pid: int) -> None:
    """Ask the kernel for SIGTERM when the parent ends, however it ends; covers a parent that is already gone."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent_pid:
        os.kill(os.getpid(), signal.SIGTERM)
