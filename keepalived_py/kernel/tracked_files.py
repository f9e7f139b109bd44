"""Tracked files: what is in them, learnt when somebody writes, moves or deletes them. Nothing is polled.

Owns the watches, the reading and the ``init_file`` of a start. What a number means is for whoever follows the file.
Source: reference/vrrp-behaviour.md §7, reference/checker-behaviour.md §11, reference/keywords-global-vrrp.tsv (track_file).

A file is followed through links, and a directory that is gone is waited for: for each file the watched places are the directory
that holds it (for a link, the directory of its target as well), or the nearest directory above that is there.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from keepalived_py.kernel.inotify import (
    IN_CREATE,
    IN_DELETE_SELF,
    IN_IGNORED,
    IN_ISDIR,
    IN_MOVE_SELF,
    IN_Q_OVERFLOW,
    IN_UNMOUNT,
    DirectoryWatches,
)
from keepalived_py.log import Level

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable

    from keepalived_py.config.ast import TrackFile
    from keepalived_py.kernel.inotify import Event
    from keepalived_py.log import Log

#: As much as the reference reads.
_READ_SIZE: Final = 127
_MAXIMAL_LINKS: Final = 40
_LOWEST, _HIGHEST = -(2**31), 2**31
_DIRECTORY_GONE = IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED
_NUMBER = re.compile(rb"[ \t\n\v\f\r]*([+-]?)(0[xX][0-9a-fA-F]+|[0-9]+)")

_LONG_LOWEST, _LONG_HIGHEST = -(2**63), 2**63 - 1


def number_in(content: bytes) -> int:
    """Return the number that a file begins with, as strtol(3) with base 0 reads it; 0 when there is none."""
    found = _NUMBER.match(content)
    if found is None:
        return 0
    sign, digits = found[1], found[2]
    if digits[:2] in {b"0x", b"0X"}:
        number = int(digits, 16)
    elif digits[:1] == b"0":
        octal = re.match(rb"[0-7]+", digits)
        number = int(octal[0], 8) if octal else 0
    else:
        number = int(digits)
    return min(max(-number if sign == b"-" else number, _LONG_LOWEST), _LONG_HIGHEST)


@dataclass(slots=True, eq=False)
class _Followed:
    """One file, and the places that are watched for it: (number of the watch, name of the entry)."""

    configuration: TrackFile
    number: int = 0
    places: set[tuple[int, str]] = field(default_factory=set)


class TrackedFiles:
    """The files that somebody follows, by the name of their ``track_file``.

    ``prepare`` returns the number that is in each now, ``feed`` takes the name of one that has changed and its new number.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, log: Log, *, feed: Callable[[str, int], None]) -> None:
        self._loop = loop
        self._log = log
        self._feed = feed
        self._watches: DirectoryWatches | None = None
        self._files: dict[str, _Followed] = {}
        self._known: set[int] = set()

    def initialise(self, files: Iterable[TrackFile]) -> None:
        """At the start: give files the content that ``init_file`` asks for."""
        for wanted in files:
            if wanted.initial is None or (os.path.exists(wanted.path) and not wanted.overwrite):
                continue
            try:
                # Whoever may write into the directory must not have us write somewhere else.
                flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
                descriptor = os.open(wanted.path, flags, 0o666)
                with open(descriptor, "wb") as file:
                    file.write(b"%d\n" % wanted.initial)
            except OSError as error:
                self._log(Level.INFO, f"Unable to initialise track file {wanted.name}: {error.strerror}")

    def prepare(self, files: Iterable[TrackFile]) -> dict[str, int]:
        """Follow these files from now on, and no others; returns what is in each."""
        wanted = {each.name: each for each in files}
        self._files = {
            name: self._files[name] if name in self._files else _Followed(each) for name, each in wanted.items()
        }
        for name, each in wanted.items():
            self._files[name].configuration = each
        if wanted and self._watches is None:
            try:
                self._watches = DirectoryWatches()
                self._loop.add_reader(self._watches.fileno(), self._readable)
            except OSError as error:
                self._log(Level.INFO, f"Unable to monitor track files: {error.strerror}")
        for followed in self._files.values():
            self._look(followed)
        self._drop_unused()
        if not wanted:
            self.close()
        return {name: followed.number for name, followed in self._files.items()}

    def close(self) -> None:
        """Follow nothing any more."""
        if self._watches is not None:
            self._loop.remove_reader(self._watches.fileno())
            self._watches.close()
            self._watches = None
        self._files.clear()
        self._known.clear()

    # --- what happens -------------------------------------------------------------------------------------------------

    def _readable(self) -> None:
        try:
            events = self._watches.read() if self._watches is not None else []
        except OSError as error:
            self._log(Level.INFO, f"inotify read() returned error {error.errno} - {error.strerror}")
            return
        concerned: dict[int, _Followed] = {}
        for event in events:
            for followed in self._files.values():
                if self._concerns(event, followed):
                    concerned[id(followed)] = followed
        for followed in concerned.values():
            before = followed.number
            self._look(followed)
            if followed.number != before:
                self._feed(followed.configuration.name, followed.number)
        if concerned:
            self._drop_unused()

    @staticmethod
    def _concerns(event: Event, followed: _Followed) -> bool:
        if event.mask & IN_Q_OVERFLOW:
            return True
        if event.mask & _DIRECTORY_GONE:
            return any(watch == event.watch for watch, _name in followed.places)
        if (event.watch, event.name) not in followed.places:
            return False
        # A file that was made is of interest when it is closed; links and directories are complete at once.
        return not event.mask & IN_CREATE or bool(event.mask & IN_ISDIR) or _is_complete(followed.configuration.path)

    def _look(self, followed: _Followed) -> None:
        """Watch wherever the file may change, then read it: in this order no change is missed."""
        followed.places = set()
        if self._watches is not None:
            self._watch(followed, os.path.abspath(followed.configuration.path), _MAXIMAL_LINKS)
        self._read(followed)

    def _watch(self, followed: _Followed, path: str, links: int) -> None:
        directory, name = os.path.split(path)
        while not self._add(followed, directory, name):
            if directory == "/":
                return
            directory, name = os.path.split(directory)
        if os.path.join(directory, name) != path:
            # Made between the look and the watch?
            if os.path.isdir(os.path.join(directory, name)) and links:
                self._watch(followed, path, links - 1)
        elif links and os.path.islink(path):
            self._watch(followed, os.path.join(os.path.realpath(directory), os.readlink(path)), links - 1)

    def _add(self, followed: _Followed, directory: str, name: str) -> bool:
        if self._watches is None:
            return False
        try:
            watch = self._watches.add(directory)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            self._log(Level.INFO, f"Unable to monitor track file {followed.configuration.name}: {error.strerror}")
            return True
        followed.places.add((watch, name))
        return True

    def _read(self, followed: _Followed) -> None:
        path = followed.configuration.path
        content = b""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                content = os.read(descriptor, _READ_SIZE)
            finally:
                os.close(descriptor)
        except OSError:
            pass  # a file that is not there, or not readable, counts as 0
        number = number_in(content)
        if _LOWEST <= number <= _HIGHEST:
            followed.number = number
        else:
            self._log(Level.INFO, f"Invalid number {number} read from {path} - ignoring")

    def _drop_unused(self) -> None:
        """Take the watches off that no file needs any more."""
        used = {watch for followed in self._files.values() for watch, _name in followed.places}
        if self._watches is not None:
            for watch in self._known - used:
                self._watches.remove(watch)
        self._known = used


def _is_complete(path: str) -> bool:
    try:
        found = os.lstat(path)
    except OSError:
        return True
    return not stat.S_ISREG(found.st_mode) or found.st_nlink > 1
