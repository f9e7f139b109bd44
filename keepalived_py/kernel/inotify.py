"""inotify(7): what happens to the entries of directories.

Owns the watches of one descriptor and the reading of its events. Which file matters, and what is in it, is the caller's.
"""

from __future__ import annotations

import ctypes
import os
import struct
from dataclasses import dataclass
from typing import Final

IN_CLOSE_WRITE: Final = 0x00000008
IN_MOVED_FROM: Final = 0x00000040
IN_MOVED_TO: Final = 0x00000080
IN_CREATE: Final = 0x00000100
IN_DELETE: Final = 0x00000200
IN_DELETE_SELF: Final = 0x00000400
IN_MOVE_SELF: Final = 0x00000800
IN_UNMOUNT: Final = 0x00002000
IN_Q_OVERFLOW: Final = 0x00004000
IN_IGNORED: Final = 0x00008000
IN_ONLYDIR: Final = 0x01000000
IN_ISDIR: Final = 0x40000000

_WANTED: Final = (
    IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR
)
_EVENT = struct.Struct("@iIII")
_READ_SIZE: Final = 1 << 16

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event; ``name`` is the entry's, empty when it is about the directory itself. ``watch`` is -1 after an overflow."""

    watch: int
    mask: int
    name: str = ""


def decode_events(data: bytes) -> list[Event]:
    """Return the events of one read."""
    events: list[Event] = []
    position = 0
    while position + _EVENT.size <= len(data):
        watch, mask, _cookie, length = _EVENT.unpack_from(data, position)
        position += _EVENT.size
        name = data[position : position + length].split(b"\0", 1)[0]
        position += length
        events.append(Event(watch=watch, mask=mask, name=os.fsdecode(name)))
    return events


class DirectoryWatches:
    """An inotify descriptor. Making it raises OSError when there are too many on the host (EMFILE)."""

    def __init__(self) -> None:
        # os.O_NONBLOCK and os.O_CLOEXEC are IN_NONBLOCK and IN_CLOEXEC.
        self._descriptor = _checked(_libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC), "inotify")

    def fileno(self) -> int:
        """Return the descriptor, for the loop."""
        return self._descriptor

    def add(self, directory: str) -> int:
        """Watch a directory; returns its number, the same one for the same directory. Raises OSError."""
        number = _libc.inotify_add_watch(self._descriptor, os.fsencode(directory), ctypes.c_uint32(_WANTED))
        return _checked(number, directory)

    def remove(self, watch: int) -> None:
        """Watch it no longer; nothing happens when it is gone already."""
        _libc.inotify_rm_watch(self._descriptor, watch)

    def read(self) -> list[Event]:
        """Return what has happened since the last time, nothing when nothing has. Raises OSError."""
        try:
            return decode_events(os.read(self._descriptor, _READ_SIZE))
        except BlockingIOError:
            return []

    def close(self) -> None:
        """Give the descriptor back, and every watch with it."""
        os.close(self._descriptor)


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)
    return result
