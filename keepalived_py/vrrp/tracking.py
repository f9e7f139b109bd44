"""What instances watch besides adverts: scripts and interfaces, and what that does to their priority.

Owns the counters of scripts, the arithmetic of weights and the merging of an instance's trackers with its group's. It must not know
the states of instances: it says up, down or unknown, the router turns that into events. Source: reference/vrrp-behaviour.md §7.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from keepalived_py.config.ast import TrackedInterface, TrackedScript
from keepalived_py.vrrp.events import DeadlineReached, Effect, Log, RunScript, ScriptFinished, Start
from keepalived_py.vrrp.possessions import interfaces_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keepalived_py.config.ast import Microseconds, SyncGroup, VrrpInstance, VrrpScript

ScriptEvent: TypeAlias = Start | DeadlineReached | ScriptFinished


def contribution(weight: int, up: bool | None, *, reverse: bool) -> int:
    """Return what a tracker adds to the priority: a positive weight when up, a negative one when down; nothing while unknown."""
    if up is None or (weight > 0) != up:
        return 0
    return -weight if reverse else weight


def is_fault(up: bool | None, *, reverse: bool) -> bool:
    """Whether a tracker of weight 0 puts its instance into FAULT; unknown is no fault (the instance waits instead)."""
    return up is not None and up == reverse


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracking:
    """What one instance watches, its group's trackers included; ``remarks`` is what the reference says about overlaps."""

    interfaces: tuple[TrackedInterface, ...] = ()
    scripts: tuple[TrackedScript, ...] = ()
    remarks: tuple[str, ...] = ()


def tracking_of(instance: VrrpInstance, group: SyncGroup | None, static: Iterable[str] = ()) -> Tracking:
    """Merge what an instance watches itself with what its group watches.

    Its own interface, those its addresses, routes and rules are on, and those of the ``static`` entries that its track_groups stand
    for, count with weight 0 unless the configuration says not to. In a group,
    weighted trackers of members do not count (sync_group_tracking_weight apart); for what both name, the group's weight wins
    unless the member's is 0.
    """
    interfaces: dict[str, TrackedInterface] = {}
    if instance.interface and not instance.dont_track_primary:
        interfaces[instance.interface] = TrackedInterface(name=instance.interface)
    for address in (*instance.virtual_addresses, *instance.excluded_addresses):
        if address.interface and address.interface != instance.interface and not address.no_track:
            interfaces.setdefault(address.interface, TrackedInterface(name=address.interface))
    for name in (*interfaces_of(instance.virtual_routes, instance.virtual_rules), *static):
        interfaces.setdefault(name, TrackedInterface(name=name))
    weights = group is None or group.sync_group_tracking_weight
    for tracked in instance.track_interfaces:
        wanted = tracked if weights else TrackedInterface(name=tracked.name, reverse=tracked.reverse)
        interfaces.setdefault(tracked.name, wanted)
    scripts = {tracked.name: tracked for tracked in instance.track_scripts if weights or not tracked.weight}
    remarks: list[str] = []
    if group is not None:
        for tracked in group.track_interfaces:
            own_interface = interfaces.get(tracked.name)
            if own_interface is None or own_interface.weight:
                interfaces[tracked.name] = tracked
        for tracked_script in group.track_scripts:
            own_script = scripts.get(tracked_script.name)
            if own_script is not None:
                remarks.append(
                    f"({instance.name}) track_script {tracked_script.name} is configured on VRRP instance and sync group."
                    " Remove vrrp instance config"
                )
            if own_script is None or own_script.weight:
                scripts[tracked_script.name] = tracked_script
    return Tracking(interfaces=tuple(interfaces.values()), scripts=tuple(scripts.values()), remarks=tuple(remarks))
