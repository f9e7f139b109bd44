"""The instances and groups of one process, who watches what for them, and who is next to be woken.

Owns the way an event takes into an instance: its group follows, the new deadlines are noted. What happens in the world and which
events that makes is told by ``router.py``, ``surroundings.py``, ``results.py`` and ``exchange.py``, which all share one fleet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from keepalived_py.vrrp.agenda import Agenda
from keepalived_py.vrrp.events import FaultKind, InstanceEvent, PriorityChanged
from keepalived_py.vrrp.group import Group
from keepalived_py.vrrp.machine import Instance
from keepalived_py.vrrp.startup import StartUpDelay
from keepalived_py.vrrp.watching import Watch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keepalived_py.config.ast import Configuration, Microseconds
    from keepalived_py.vrrp.effects import Effect
    from keepalived_py.vrrp.events import InterfaceFacts

#: Interface, family and router id.
_Key: TypeAlias = tuple[str, int, int]

#: At a start these faults are told for all instances before the others.
_FIRST = (FaultKind.INTERFACE_DOWN, FaultKind.FILE_STATUS, FaultKind.NO_QUORUM)


class Fleet:
    """All virtual routers. ``interfaces`` is what is true of the host at the start."""

    def __init__(self, configuration: Configuration, interfaces: Iterable[InterfaceFacts]) -> None:
        self.configuration = configuration
        self.watch = Watch(configuration, interfaces)
        self.instances: dict[str, Instance] = {}
        self.groups: dict[str, Group] = {}
        self.agenda = Agenda()
        self.delay = StartUpDelay()
        self._by_key: dict[_Key, list[Instance]] = {}
        self._build(configuration)

    def with_key(self, interface: str, family: int, virtual_router_id: int) -> list[Instance]:
        """Return the instances that a packet with this router id on this interface may be for."""
        return self._by_key.get((interface, family, virtual_router_id), [])

    def _build(self, configuration: Configuration) -> None:
        for wanted in configuration.vrrp_instances:
            self.instances[wanted.name] = Instance(wanted, source=self.watch.source_of(wanted))
        self.index()
        for group in configuration.vrrp_sync_groups:
            if members := [self.instances[name] for name in group.members if name in self.instances]:
                self.groups[group.name] = Group(group, members)

    def index(self) -> None:
        """Note anew who is to get which packets. Needed whenever instances have come or gone."""
        self._by_key.clear()
        for instance in self.instances.values():
            wanted = instance.configuration
            key = (wanted.advert_interface, wanted.family, wanted.virtual_router_id)
            self._by_key.setdefault(key, []).append(instance)

    def drive(self, instance: Instance, event: InstanceEvent, now: Microseconds, out: list[Effect]) -> None:
        """Give an instance an event, let its group follow, and note the new deadlines."""
        before = instance.state
        now = self.delay.not_before(now)
        out += instance.handle(event, now)
        group = instance.group
        if group is not None:
            out += group.follow(instance, before, now)
            self.settle(group)
        self.agenda.update(instance)

    def settle(self, group: Group) -> None:
        """Note the new deadlines of members that their group has moved."""
        if group.touched:
            group.touched = False
            for member in group.members:
                self.agenda.update(member)

    def update_priority(self, instance: Instance, now: Microseconds, out: list[Effect]) -> None:
        """Tell an instance when its trackers' sum has changed."""
        total = self.watch.total_of(instance.configuration)
        if not instance.is_owner and total != instance.total_priority:
            self.drive(instance, PriorityChanged(total=total), now, out)

    def find_faults(self, beginners: list[Instance], out: list[Effect], *, waits: bool = True) -> None:
        """See what keeps instances from starting, one kind of all first; ``waits``: a script without a result does."""
        for instance in beginners:
            instance.faults = self.watch.faults_of(instance)
            instance.waiting_for = self.watch.unknown_scripts_of(instance) if waits else set()
        for kind in _FIRST:
            for instance in beginners:
                out += self.watch.reasons(instance, [cause for cause in instance.faults if cause.kind is kind])
        for instance in beginners:
            out += self.watch.reasons(instance, [cause for cause in instance.faults if cause.kind not in _FIRST])
            self.update_priority(instance, 0, out)
            if waits and instance.group is not None:
                instance.group.assess(instance, out)
