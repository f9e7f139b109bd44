"""A reload: another configuration takes the place of the running one. Source: reference/cli-and-process.md §7.

Owns the order in which instances, groups, scripts and addresses are exchanged; which instance succeeds which is ``reload.py``'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.vrrp.effects import CloseSockets, Notify, OpenSockets, RemoveAddresses, RemoveRouting, ReportState
from keepalived_py.vrrp.events import (
    ConfigurationChanged,
    FaultCleared,
    FaultFound,
    FaultRaised,
    ScriptReported,
    Start,
    Withdrawn,
)
from keepalived_py.vrrp.group import Group
from keepalived_py.vrrp.machine import Instance
from keepalived_py.vrrp.possessions import static_possessions
from keepalived_py.vrrp.reload import successors
from keepalived_py.vrrp.watching import NOT_BINDABLE, in_order

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keepalived_py.config.ast import Configuration, Microseconds, VrrpInstance
    from keepalived_py.vrrp.effects import Effect
    from keepalived_py.vrrp.events import Reading
    from keepalived_py.vrrp.fleet import Fleet


class Exchange:
    """The exchange of a fleet's configuration."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def retire(self, configuration: Configuration, now: Microseconds, out: list[Effect]) -> None:
        """Whoever has no successor lets go."""
        kept = self._successors(configuration)
        for name, instance in list(self._fleet.instances.items()):
            if name not in kept:
                out += instance.handle(Withdrawn(), now)
                out.append(CloseSockets(instance=name))
                del self._fleet.instances[name]
        self._fleet.index()

    def reconfigure(
        self, configuration: Configuration, readings: Iterable[Reading], now: Microseconds, out: list[Effect]
    ) -> None:
        """Go on with another configuration: the same routers keep their state, their trackers are looked at anew."""
        fleet = self._fleet
        kept = self._successors(configuration)
        old = {wanted.name: fleet.instances[name] for name, wanted in kept.items()}
        told = {name: group.told for name, group in fleet.groups.items()}
        changes: list[Effect] = []
        static_possessions(configuration).exchange(static_possessions(fleet.configuration), changes)
        fleet.configuration = configuration
        fleet.watch.survey(configuration)
        fleet.watch.take(configuration, readings)
        out += fleet.watch.foreign_sources(configuration)
        fleet.watch.exchange_scripts(configuration, now, out)
        fleet.agenda.clear()
        out += fleet.delay.change(configuration, now)
        fleet.agenda.update(fleet.delay)
        now = fleet.delay.not_before(now)
        fleet.instances = {
            wanted.name: old.get(wanted.name) or Instance(wanted, source=fleet.watch.source_of(wanted))
            for wanted in configuration.vrrp_instances
        }
        for wanted in configuration.vrrp_instances:
            instance = fleet.instances[wanted.name]
            instance.group = None
            if wanted.name in old:
                instance.source = fleet.watch.source_of(wanted) or instance.source
                total = fleet.watch.total_of(wanted)
                changes += instance.handle(ConfigurationChanged(configuration=wanted, total=total), now)
        # An address may have moved from one instance to another: nobody may remove it after the other has set it.
        out += [effect for effect in changes if isinstance(effect, RemoveAddresses | RemoveRouting)]
        out += [effect for effect in changes if not isinstance(effect, RemoveAddresses | RemoveRouting)]
        fleet.index()
        fleet.groups = {}
        for group in configuration.vrrp_sync_groups:
            if members := [fleet.instances[name] for name in group.members if name in fleet.instances]:
                fleet.groups[group.name] = Group(group, members, told=told.get(group.name))
        for instance in old.values():
            self._reassess(instance, now, out)
        self._begin([each for name, each in fleet.instances.items() if name not in old], now, out)
        for united in fleet.groups.values():
            united.unite(now, out)
        if configuration.global_defs.vrrp.fifo_write_states_on_reload:
            self._report_the_rest(out)
        for instance in fleet.instances.values():
            fleet.agenda.update(instance)
        for script in fleet.watch.scripts.values():
            fleet.agenda.update(script)
        for process in fleet.watch.processes.values():
            fleet.agenda.update(process)

    def _report_the_rest(self, out: list[Effect]) -> None:
        """Write the states that have not changed to the FIFOs, groups first (fifo_write_vrrp_states_on_reload)."""
        told = {(effect.kind, effect.name) for effect in out if isinstance(effect, Notify)}
        reports = [
            ReportState(kind="GROUP", name=group.name, state=group.state.name, priority=0)
            for group in self._fleet.groups.values()
        ]
        reports += [
            ReportState(kind="INSTANCE", name=each.name, state=each.state.name, priority=each.priority)
            for each in self._fleet.instances.values()
        ]
        out += [report for report in reports if (report.kind, report.name) not in told]

    def _successors(self, configuration: Configuration) -> dict[str, VrrpInstance]:
        running = [instance.configuration for instance in self._fleet.instances.values()]
        return successors(running, configuration.vrrp_instances)

    def _reassess(self, instance: Instance, now: Microseconds, out: list[Effect]) -> None:
        """Apply to an instance that goes on what the new configuration makes of its faults."""
        wanted = self._fleet.watch.faults_of(instance)
        for cause in in_order(wanted - instance.faults):
            out += self._fleet.watch.reasons(instance, [cause])
            self._fleet.drive(instance, FaultRaised(cause=cause), now, out)
        for name in sorted(instance.waiting_for - self._fleet.watch.unknown_scripts_of(instance)):
            self._fleet.drive(instance, ScriptReported(name=name), now, out)
        for cause in instance.faults - wanted - {NOT_BINDABLE}:
            self._fleet.drive(instance, FaultCleared(cause=cause), now, out)

    def _begin(self, beginners: list[Instance], now: Microseconds, out: list[Effect]) -> None:
        self._fleet.find_faults(beginners, out, waits=False)
        out += [OpenSockets(instance=instance.name) for instance in beginners]
        for instance in beginners:
            if instance.faults:
                self._fleet.drive(instance, FaultFound(), now, out)
            self._fleet.drive(instance, Start(), now, out)
