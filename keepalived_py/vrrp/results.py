"""What trackers report, turned into faults and priorities of the instances that follow them.

Owns who is told, and in which order; the arithmetic is ``tracking.py``'s, the counters are those of ``scripts.py`` and
``processes.py``. Source: reference/vrrp-behaviour.md §7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.vrrp.effects import Log
from keepalived_py.vrrp.events import DeadlineReached, FaultCleared, FaultRaised, ScriptReported, State
from keepalived_py.vrrp.tracking import Tracked, TrackerKind, standing

if TYPE_CHECKING:
    from keepalived_py.config.ast import Microseconds
    from keepalived_py.vrrp.effects import Effect
    from keepalived_py.vrrp.events import FileRead, ProcessesCounted, ScriptFinished, SessionChanged
    from keepalived_py.vrrp.fleet import Fleet
    from keepalived_py.vrrp.machine import Instance
    from keepalived_py.vrrp.processes import ProcessTracker


class Results:
    """The way from a tracker to the instances of a fleet."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def on_script_finished(self, event: ScriptFinished, now: Microseconds, out: list[Effect]) -> None:
        """Take the result of a track script's run."""
        script = self._fleet.watch.scripts.get(event.name)
        if script is None:
            return
        before = script.up
        out += script.handle(event, now)
        if script.up is before:
            return
        for instance, tracked in self._followers(TrackerKind.SCRIPT, event.name):
            self._apply(instance, tracked, now, out)
            if not tracked.weight:
                self._fleet.drive(instance, ScriptReported(name=script.name), now, out)

    def on_file_read(self, event: FileRead, now: Microseconds, out: list[Effect]) -> None:
        """Take in what a tracked file contains now."""
        files = self._fleet.watch.files
        before, files[event.name] = files.get(event.name, 0), event.number
        if before == event.number:
            return
        for instance, tracked in self._followers(TrackerKind.FILE, event.name):
            was, is_ = standing(tracked, before), standing(tracked, event.number)
            if was.fault != is_.fault:
                doing = "now" if is_.fault else "leaving"
                text = f"({instance.name}): tracked file {event.name} {doing} FAULT state"
                out.append(Log(text=text, detail=True))
            self._apply(instance, tracked, now, out)

    def on_processes_counted(self, event: ProcessesCounted, now: Microseconds, out: list[Effect]) -> None:
        """Take in how many processes there are."""
        if (process := self._fleet.watch.processes.get(event.name)) is not None:
            self._drive_process(process, event, now, out)

    def on_process_due(self, process: ProcessTracker, now: Microseconds, out: list[Effect]) -> None:
        """Take the end of a process's delay."""
        self._drive_process(process, DeadlineReached(), now, out)

    def _drive_process(
        self, process: ProcessTracker, event: ProcessesCounted | DeadlineReached, now: Microseconds, out: list[Effect]
    ) -> None:
        before = process.up
        out += process.handle(event, now)
        self._fleet.agenda.update(process)
        if process.up is not before:
            self.apply(TrackerKind.PROCESS, process.name, now, out)

    def on_session_changed(self, event: SessionChanged, now: Microseconds, out: list[Effect]) -> None:
        """Take in that a BFD session went up or down."""
        sessions = self._fleet.watch.sessions
        if sessions.get(event.name) is event.is_up:
            return
        sessions[event.name] = event.is_up
        for instance, tracked in self._followers(TrackerKind.BFD, event.name):
            state = "UP" if event.is_up else "DOWN"
            out.append(Log(text=f"VRRP_Instance({instance.name}) Tracked BFD instance {event.name} is {state}"))
            self._apply(instance, tracked, now, out)

    def apply(self, kind: TrackerKind, name: str, now: Microseconds, out: list[Effect]) -> None:
        """Tell everybody who follows something what its status means now."""
        for instance, tracked in self._followers(kind, name):
            self._apply(instance, tracked, now, out)

    def _followers(self, kind: TrackerKind, name: str) -> list[tuple[Instance, Tracked]]:
        instances = self._fleet.instances
        return [
            (instances[follower], tracked)
            for follower, tracked in self._fleet.watch.followers(kind, name)
            # Before the start nobody is told: then everything is looked at together.
            if follower in instances and instances[follower].state is not State.INIT
        ]

    def _apply(self, instance: Instance, tracked: Tracked, now: Microseconds, out: list[Effect]) -> None:
        """Tell one instance: a fault before the priority, its end after it, so that nobody recovers with a wrong priority."""
        status = self._fleet.watch.status(tracked.kind, tracked.name)
        if standing(tracked, status).fault:
            self._fleet.drive(instance, FaultRaised(cause=tracked.cause), now, out)
        if tracked.weight:
            self._fleet.update_priority(instance, now, out)
        if not standing(tracked, status).fault:
            self._fleet.drive(instance, FaultCleared(cause=tracked.cause), now, out)
