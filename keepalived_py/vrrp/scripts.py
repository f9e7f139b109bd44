"""A track script: when it runs, and what its results amount to.

Owns the counter of rise and fall and the lines about it. Whom a verdict concerns is ``results.py``'s.
Source: reference/vrrp-behaviour.md §7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from keepalived_py.vrrp.effects import Effect, Log, RunScript
from keepalived_py.vrrp.events import DeadlineReached, ScriptFinished, Start

if TYPE_CHECKING:
    from keepalived_py.config.ast import Microseconds, VrrpScript

ScriptEvent: TypeAlias = Start | DeadlineReached | ScriptFinished


class ScriptTracker:
    """One ``vrrp_script``: when it runs, and what its results amount to.

    The counter runs from 0 to rise + fall - 1 and the script counts as up from ``rise`` on; it begins one success short of that, so
    that the first result decides. ``up`` is None until then.
    """

    def __init__(self, configuration: VrrpScript) -> None:
        self.configuration = configuration
        self.name = configuration.name
        self.up: bool | None = None
        self.deadline: Microseconds | None = None
        self._counter = configuration.rise - 1
        self._last_status = 0
        self._running_since: Microseconds | None = None

    def handle(self, event: ScriptEvent, now: Microseconds) -> list[Effect]:
        """Take one event; return what is to be done. A changed ``up`` is for the caller to see."""
        match event:
            case Start() | DeadlineReached():
                if isinstance(event, DeadlineReached) and (self.deadline is None or now < self.deadline):
                    return []
                return self._run(now)
            case ScriptFinished():
                self._running_since = None
                return self._take(event)

    @property
    def running(self) -> bool:
        """Whether a run has not ended yet."""
        return self._running_since is not None

    def is_same(self, other: ScriptTracker) -> bool:
        """Whether both run the same command as the same user: what one has shown is then true of the other."""
        ours, theirs = self.configuration.command, other.configuration.command
        return (ours.argv, ours.path, ours.uid, ours.gid) == (theirs.argv, theirs.path, theirs.uid, theirs.gid)

    def inherit(self, old: ScriptTracker) -> list[Effect]:
        """Take over what an unchanged script has shown before a reload, a run in progress included."""
        self._running_since, self._last_status = old._running_since, old._last_status
        self.deadline = old.deadline
        if old.up is None:
            return []
        self.up = old.up
        rise, top = self.configuration.rise, self.configuration.rise + self.configuration.fall - 1
        if old.up:
            at_top = old._counter == old.configuration.rise + old.configuration.fall - 1
            self._counter = top if at_top else min(top, rise + old._counter - old.configuration.rise)
        else:
            self._counter = max(0, rise - (old.configuration.rise - old._counter)) if old._counter else 0
        verdict = "successful" if old.up else "unsuccessful"
        return [Log(text=f"VRRP_Script({self.name}) considered {verdict} on reload")]

    def _run(self, now: Microseconds) -> list[Effect]:
        self.deadline = now + self.configuration.interval
        if self._running_since is None:
            self._running_since = now
            return [RunScript(name=self.name)]
        overdue = now >= self._running_since + self.configuration.timeout
        doing = "being timed out" if overdue else "already running"
        return [Log(text=f"Track script {self.name} is {doing}, expect idle - skipping run")]

    def _take(self, result: ScriptFinished) -> list[Effect]:
        out: list[Effect] = []
        status = result.exit_status
        if status is None and result.signal is None:
            return out  # it could not even be started: nothing is known about what it checks
        if status is not None and not result.timed_out:
            if status != self._last_status:
                out.append(Log(text=f"Script `{self.name}` now returning {status}"))
            self._last_status = status
        if status == 0 and not result.timed_out:
            self._succeed(out)
        else:
            self._fail(result, out)
        return out

    def _succeed(self, out: list[Effect]) -> None:
        rise, top = self.configuration.rise, self.configuration.rise + self.configuration.fall - 1
        if self._counter < rise - 1:
            self._counter += 1
            return
        if self._counter < rise:
            out.append(Log(text=f"VRRP_Script({self.name}) succeeded"))
            self.up = True
        self._counter = top

    def _fail(self, result: ScriptFinished, out: list[Effect]) -> None:
        rise = self.configuration.rise
        if self._counter > rise:
            self._counter -= 1
            return
        if self._counter == rise or self.up is None:
            if result.timed_out:
                how = "timed_out"
            elif result.signal is not None:
                how = f"failed (due to signal {result.signal})"
            else:
                how = f"failed (exited with status {result.exit_status})"
            out.append(Log(text=f"VRRP_Script({self.name}) {how}"))
            self.up = False
        self._counter = 0
