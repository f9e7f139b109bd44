"""What instances follow besides adverts, whatever kind it is: what its status means for them, and who follows what.

Owns the arithmetic of weights and the merging of an instance's trackers with its group's. It must not know the states of instances,
nor where a status comes from. Source: reference/vrrp-behaviour.md §7, §8.

A status is True or False (up or down), for a file the number in it, and None while nothing is known.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from keepalived_py.vrrp.events import FaultCause, FaultKind
from keepalived_py.vrrp.possessions import interfaces_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keepalived_py.config import ast
    from keepalived_py.config.ast import SyncGroup, VrrpInstance

Status: TypeAlias = int | None

#: What one file may add to a priority; what would be less is a fault.
_FILE_LOWEST: Final = -254
_FILE_HIGHEST: Final = 253


class TrackerKind(enum.Enum):
    """What can be tracked, in the order in which the reference looks at it."""

    INTERFACE = "interface"
    FILE = "file"
    PROCESS = "process"
    SCRIPT = "script"
    BFD = "bfd"


_FAULTS: Final = {
    TrackerKind.INTERFACE: FaultKind.INTERFACE_DOWN,
    TrackerKind.FILE: FaultKind.FILE_STATUS,
    TrackerKind.PROCESS: FaultKind.NO_QUORUM,
    TrackerKind.SCRIPT: FaultKind.SCRIPT_FAILED,
    TrackerKind.BFD: FaultKind.SESSION_DOWN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """One thing that an instance follows, with the weight in force here."""

    kind: TrackerKind
    name: str
    weight: int = 0
    reverse: bool = False

    @property
    def cause(self) -> FaultCause:
        """The fault that this tracker can be."""
        return FaultCause(kind=_FAULTS[self.kind], name=self.name)


class Standing(NamedTuple):
    """What a tracker does to its instance now."""

    fault: bool = False
    contribution: int = 0


def standing(tracked: Tracked, status: Status) -> Standing:
    """Return what a status means: with weight 0 a fault or none, otherwise something to add to the priority; unknown is neither.

    Up adds a positive weight, down a negative one; ``reverse`` turns the sign, or what weight 0 calls a fault. A file adds its
    number times the weight.
    """
    if status is None:
        return Standing()
    if tracked.kind is TrackerKind.FILE:
        return _standing_of_file(tracked, status)
    is_up = bool(status)
    if not tracked.weight:
        return Standing(fault=is_up == tracked.reverse)
    if (tracked.weight > 0) != is_up:
        return Standing()
    return Standing(contribution=-tracked.weight if tracked.reverse else tracked.weight)


def file_status(tracked: Tracked, number: int) -> int:
    """Return what the number in a file amounts to, -254 (a fault) to 253."""
    if not tracked.weight:
        return _FILE_LOWEST if (number != 0) != tracked.reverse else 0
    sign = -1 if tracked.reverse else 1
    return min(max(number * tracked.weight * sign, _FILE_LOWEST), _FILE_HIGHEST)


def _standing_of_file(tracked: Tracked, number: int) -> Standing:
    status = file_status(tracked, number)
    return Standing(fault=True) if status == _FILE_LOWEST else Standing(contribution=status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracking:
    """What one instance follows, its group's trackers included; ``remarks`` is what the reference says about overlaps."""

    trackers: tuple[Tracked, ...] = ()
    remarks: tuple[str, ...] = ()

    def of(self, kind: TrackerKind) -> list[Tracked]:
        """Return the trackers of one kind."""
        return [tracked for tracked in self.trackers if tracked.kind is kind]


def tracking_of(instance: VrrpInstance, group: SyncGroup | None, static: Iterable[str] = ()) -> Tracking:
    """Merge what an instance follows itself with what its group follows.

    Its own interface, those its addresses, routes and rules are on, and those of the ``static`` entries that its track_groups stand
    for, count with weight 0 unless the configuration says not to. In a group, weighted trackers of members do not count
    (sync_group_tracking_weight apart; a process always counts, as it does in the reference); for what both name, the group's weight
    wins unless the member's is 0.
    """
    found: dict[tuple[TrackerKind, str], Tracked] = {}
    weights = group is None or group.sync_group_tracking_weight
    for tracked in (*_implied(instance, static), *_listed(instance)):
        if weights or not tracked.weight or tracked.kind is TrackerKind.PROCESS:
            found.setdefault((tracked.kind, tracked.name), tracked)
        elif tracked.kind is TrackerKind.INTERFACE:
            found.setdefault((tracked.kind, tracked.name), replace(tracked, weight=0))
    remarks: list[str] = []
    for tracked in () if group is None else _listed(group):
        own = found.get((tracked.kind, tracked.name))
        if own is not None and tracked.kind is not TrackerKind.INTERFACE:
            remarks.append(
                f"({instance.name}) track_{tracked.kind.value} {tracked.name} is configured on VRRP instance and sync group."
                " Remove vrrp instance config"
            )
        if own is None or own.weight:
            found[tracked.kind, tracked.name] = tracked
    return Tracking(trackers=tuple(found.values()), remarks=tuple(remarks))


def _implied(instance: VrrpInstance, static: Iterable[str]) -> Iterable[Tracked]:
    """Yield the interfaces that an instance depends on without a word in the configuration."""
    own = (instance.interface, *(() if instance.virtual_mac is None else (instance.virtual_mac.interface,)))
    if instance.interface and not instance.dont_track_primary:
        for name in own:
            yield Tracked(kind=TrackerKind.INTERFACE, name=name)
    for address in (*instance.virtual_addresses, *instance.excluded_addresses):
        if address.interface and address.interface not in own and not address.no_track:
            yield Tracked(kind=TrackerKind.INTERFACE, name=address.interface)
    for name in (*interfaces_of(instance.virtual_routes, instance.virtual_rules), *static):
        yield Tracked(kind=TrackerKind.INTERFACE, name=name)


def _listed(owner: VrrpInstance | SyncGroup) -> Iterable[Tracked]:
    """Yield what an instance or a group lists."""
    lists: dict[TrackerKind, Iterable[ast.TrackedInterface | ast.TrackedScript | ast.Tracked]] = {
        TrackerKind.INTERFACE: owner.track_interfaces,
        TrackerKind.SCRIPT: owner.track_scripts,
        TrackerKind.FILE: owner.track_files,
        TrackerKind.PROCESS: owner.track_processes,
        TrackerKind.BFD: owner.track_bfds,
    }
    for kind, listed in lists.items():
        for each in listed:
            yield Tracked(kind=kind, name=each.name, weight=each.weight, reverse=each.reverse)
