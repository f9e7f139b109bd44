"""Tracked processes: counted at the start, then as the kernel reports that processes begin, change and end.

Owns the subscription and the table of the processes that count; what a count means is the router's. Where the kernel reports
nothing (in a container), all processes are looked at every second instead. Source: reference/vrrp-behaviour.md §7.
"""

from __future__ import annotations

import errno
import itertools
from typing import TYPE_CHECKING, Final

from keepalived_py.kernel.proc_connector import ProcessEvents
from keepalived_py.kernel.processes import list_processes, read_process
from keepalived_py.log import Level
from keepalived_py.vrrp.process_table import Command, ProcessTable
from keepalived_py.wire.proc_connector import Executed, Exited, Forked, Renamed

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Collection, Iterator

    from keepalived_py.config.ast import SocketBuffer, TrackProcess
    from keepalived_py.log import Log
    from keepalived_py.vrrp.events import ProcessesCounted
    from keepalived_py.wire.proc_connector import ProcessEvent

#: Seconds between two looks where the kernel reports nothing, and until a burst that was too much is over.
_INTERVAL: Final = 1.0
#: How many are looked at without a pause: about a millisecond.
_AT_ONCE: Final = 40


class TrackedProcesses:
    """The processes that somebody follows; ``feed`` takes what changes, ``prepare`` returns how many there are."""

    def __init__(self, loop: asyncio.AbstractEventLoop, log: Log, *, feed: Callable[[ProcessesCounted], None]) -> None:
        self._loop = loop
        self._log = log
        self._feed = feed
        self._table = ProcessTable(())
        self._events: ProcessEvents | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._force = False

    def prepare(self, wanted: Collection[TrackProcess], buffer: SocketBuffer) -> tuple[ProcessesCounted, ...]:
        """Follow these processes from now on, and no others; returns how many of each there are."""
        self._table = ProcessTable(wanted)
        if not wanted:
            self.close()
            return ()
        self._force = buffer.force
        if self._events is None and self._timer is None:
            self._open()
        elif self._events is None and self._timer is not None:
            # A look at all that has begun was for another table.
            self._timer.cancel()
            self._timer = self._loop.call_later(_INTERVAL, self._look_again)
        if self._events is not None and buffer.size:
            self._set_buffer(buffer.size)
        # Whatever happens from the subscription on is reported: nothing falls between it and this list.
        self._list()
        return self._table.readings

    def close(self) -> None:
        """Follow nothing any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._events is not None:
            self._loop.remove_reader(self._events.fileno())
            self._events.close()
            self._events = None

    def _open(self) -> None:
        try:
            self._events = ProcessEvents.open()
        except OSError as error:
            self._log(
                Level.INFO,
                f"The kernel reports no process events here ({error.strerror}) - looking for tracked processes every second",
            )
            self._timer = self._loop.call_later(_INTERVAL, self._look_again)
            return
        self._log.detail("proc_events has confirmed it is configured")
        self._loop.add_reader(self._events.fileno(), self._readable)

    def _readable(self) -> None:
        if self._events is None:
            return
        try:
            events = self._events.read()
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                self._log(Level.INFO, f"process monitor netlink recv error {error.errno} - {error.strerror}")
            elif self._timer is None:
                # Once the burst is over, all are counted anew.
                self._timer = self._loop.call_later(_INTERVAL, self._resynchronise)
            return
        for event in events:
            for counted in self._take(event):
                self._feed(counted)

    def _take(self, event: ProcessEvent) -> list[ProcessesCounted]:
        match event:
            case Forked(parent=parent, child=child):
                return self._table.forked(parent, child)
            case Exited(pid=pid):
                return self._table.exited(pid)
            case Renamed(pid=pid, comm=comm):
                return self._table.renamed(pid, comm)
            case Executed(pid=pid):
                process = read_process(pid, cmdline=self._table.needs_cmdline)
                if process is None:
                    return []  # its end will be reported, too
                return self._table.executed(pid, Command(comm=process.comm, cmdline=process.cmdline))
        return []

    def _resynchronise(self) -> None:
        self._timer = None
        if self._events is None:
            return
        size = 2 * self._events.receive_buffer
        self._set_buffer(size)
        self._log(
            Level.INFO,
            f"Setting global_def process_monitor_rcv_bufs to {size} - recommend updating configuration file",
        )
        self._events.drain()
        self._feed_all(self._list())

    def _look_again(self) -> None:
        self._look_on(_commands(cmdline=self._table.needs_cmdline), [])

    def _look_on(self, left: Iterator[tuple[int, Command]], seen: list[tuple[int, Command]]) -> None:
        """Look at some more processes, then let adverts and timers have their turn."""
        before = len(seen)
        try:
            seen += itertools.islice(left, _AT_ONCE)
        except OSError as error:
            self._log(Level.ERR, f"Cannot read /proc: {error.strerror}")
            self._timer = self._loop.call_later(_INTERVAL, self._look_again)
            return
        if len(seen) == before + _AT_ONCE:
            self._timer = self._loop.call_later(0, self._look_on, left, seen)
            return
        self._timer = self._loop.call_later(_INTERVAL, self._look_again)
        self._feed_all(self._table.listed(seen))

    def _list(self) -> list[ProcessesCounted]:
        try:
            return self._table.listed(_commands(cmdline=self._table.needs_cmdline))
        except OSError as error:
            self._log(Level.ERR, f"Cannot read /proc: {error.strerror}")
            return []

    def _feed_all(self, counts: list[ProcessesCounted]) -> None:
        for counted in counts:
            self._feed(counted)

    def _set_buffer(self, size: int) -> None:
        if self._events is None:
            return
        try:
            self._events.set_receive_buffer(size, force=self._force)
        except OSError as error:
            force = "FORCE" if self._force else ""
            self._log(
                Level.INFO,
                f"Cannot set process monitor SO_RCVBUF{force} option. errno={error.errno} ({error.strerror})",
            )


def _commands(*, cmdline: bool) -> Iterator[tuple[int, Command]]:
    for process in list_processes(cmdline=cmdline):
        yield process.pid, Command(comm=process.comm, cmdline=process.cmdline)
