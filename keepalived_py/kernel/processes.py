"""The processes that run now, as ``/proc`` shows them (proc(5)).

Owns the reading. Threads are not there; a zombie is left out: it runs no more.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_STAT_SIZE: Final = 512
_CMDLINE_SIZE: Final = 1 << 17


class RunningProcess(NamedTuple):
    """A process: its name for the kernel (at most 15 bytes), and its arguments, each ended by a NUL; "" when not asked for."""

    pid: int
    comm: str
    cmdline: str = ""


def list_processes(*, cmdline: bool) -> Iterator[RunningProcess]:
    """Yield every process; ``cmdline``: with its arguments, which may wake a swapped out one. Raises OSError without /proc."""
    for name in os.listdir("/proc"):
        if name.isdecimal() and (process := read_process(int(name), cmdline=cmdline)) is not None:
            yield process


def read_process(pid: int, *, cmdline: bool) -> RunningProcess | None:
    """Return what a process is now; None when it has ended."""
    try:
        line = _read(f"/proc/{pid}/stat", _STAT_SIZE)
        # The name stands in brackets, and may hold some itself.
        begin, end = line.index(b"(") + 1, line.rindex(b")")
        if line[end + 2 : end + 3] in {b"Z", b"X"}:
            return None
        arguments = _read(f"/proc/{pid}/cmdline", _CMDLINE_SIZE) if cmdline else b""
    except (OSError, ValueError):
        return None
    return RunningProcess(pid, os.fsdecode(line[begin:end]), os.fsdecode(arguments))


def ancestors() -> Iterator[int]:
    """Yield the processes that this one descends from, the nearest first, as far as they can be seen."""
    pid = os.getppid()
    while pid > 0:
        yield pid
        try:
            line = _read(f"/proc/{pid}/stat", _STAT_SIZE)
            pid = int(line[line.rindex(b")") + 1 :].split()[1])
        except (OSError, ValueError, IndexError):
            return


def _read(path: str, size: int) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, size)
    finally:
        os.close(descriptor)
