"""What trackers report, turned into faults and priorities of the instances that track them. Source: reference/vrrp-behaviour.md §7.

Owns who is told; the counters and the arithmetic are ``tracking.py``'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.vrrp.events import FaultCause, FaultCleared, FaultKind, FaultRaised, ScriptReported
from keepalived_py.vrrp.tracking import is_fault

if TYPE_CHECKING:
    from keepalived_py.config.ast import Microseconds
    from keepalived_py.vrrp.events import Effect, ScriptFinished
    from keepalived_py.vrrp.fleet import Fleet


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
        cause = FaultCause(kind=FaultKind.SCRIPT_FAILED, name=script.name)
        for instance in self._fleet.instances.values():
            for tracked in self._fleet.watch.tracking[instance.name].scripts:
                if tracked.name != script.name:
                    continue
                if tracked.weight:
                    self._fleet.update_priority(instance, now, out)
                    continue
                failed = is_fault(script.up, reverse=tracked.reverse)
                if failed:
                    self._fleet.drive(instance, FaultRaised(cause=cause), now, out)
                else:
                    self._fleet.drive(instance, FaultCleared(cause=cause), now, out)
                self._fleet.drive(instance, ScriptReported(name=script.name), now, out)
