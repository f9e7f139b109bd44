"""Everything outside that is tracked: files, processes, links that are asked, BFD sessions; scripts alone run elsewhere.

Owns that they begin, change and end together. Source: reference/vrrp-behaviour.md §7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.kernel.tracked_files import TrackedFiles
from keepalived_py.runtime.messages import BfdStateChanged
from keepalived_py.vrrp.edge.linkbeat import Linkbeat
from keepalived_py.vrrp.edge.processes import TrackedProcesses
from keepalived_py.vrrp.events import FileRead, ProcessesCounted, SessionChanged
from keepalived_py.vrrp.tracking import TrackerKind, tracking_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from keepalived_py.config.ast import Configuration
    from keepalived_py.runtime.messages import Message
    from keepalived_py.runtime.worker import WorkerContext
    from keepalived_py.vrrp.events import Reading, RouterEvent

_BFD = "bfd"


class Trackers:
    """What is tracked; ``feed`` takes what changes."""

    def __init__(self, context: WorkerContext, *, feed: Callable[[RouterEvent], None]) -> None:
        self._context = context
        self._feed = feed
        self._files = TrackedFiles(context.loop, context.log, feed=self._file_changed)
        self._processes = TrackedProcesses(context.loop, context.log, feed=feed)
        self._linkbeat = Linkbeat(context.loop, context.log, feed=feed)
        self._sessions: dict[str, bool] = {}
        self.filtered = self._linkbeat.filtered

    def start(self, configuration: Configuration) -> tuple[Reading, ...]:
        """Follow what a configuration tracks; returns how all that is now."""
        self._files.initialise(configuration.track_files)
        self._context.on_peer_message = self._message
        return self.prepare(configuration)

    def prepare(self, configuration: Configuration) -> tuple[Reading, ...]:
        """Follow what another configuration tracks from now on."""
        groups = {member: group for group in configuration.vrrp_sync_groups for member in group.members}
        used = {
            (tracked.kind, tracked.name)
            for instance in configuration.vrrp_instances
            for tracked in tracking_of(instance, groups.get(instance.name)).trackers
        }
        files = [each for each in configuration.track_files if (TrackerKind.FILE, each.name) in used]
        processes = [each for each in configuration.track_processes if (TrackerKind.PROCESS, each.name) in used]
        links = {name for kind, name in used if kind is TrackerKind.INTERFACE}
        return (
            *(FileRead(name=name, number=number) for name, number in self._files.prepare(files).items()),
            *self._processes.prepare(processes, configuration.global_defs.buffers.process_monitor),
            *self._linkbeat.prepare(configuration, links.__contains__),
            *self._session_readings(configuration),
        )

    def recount(self, readings: tuple[Reading, ...]) -> None:
        """Tell again, after a reload, how many processes there are: those that go on may have come or gone meanwhile."""
        for reading in readings:
            if isinstance(reading, ProcessesCounted):
                self._feed(reading)

    def close(self) -> None:
        """Follow nothing any more."""
        self._context.on_peer_message = None
        self._files.close()
        self._processes.close()
        self._linkbeat.close()

    def _session_readings(self, configuration: Configuration) -> list[SessionChanged]:
        """Return how sessions are: down until told to be up. Where nobody runs sessions, nothing is known of them."""
        if _BFD not in self._context.peers:
            return []
        return [
            SessionChanged(name=session.name, is_up=self._sessions.get(session.name, False))
            for session in configuration.vrrp_bfd_instances
        ]

    def _file_changed(self, name: str, number: int) -> None:
        self._feed(FileRead(name=name, number=number))

    def _message(self, _peer: str, message: Message) -> None:
        if isinstance(message, BfdStateChanged):
            self._sessions[message.name] = message.is_up
            self._feed(SessionChanged(name=message.name, is_up=message.is_up))
