"""The vrrp process: its life, and who carries out which effect.

Owns the order of the start and of the stop (reference/cli-and-process.md §5 and §8); feeds the router and hands
its effects, in its order, to the modules of ``edge/``. It decides nothing about VRRP. The reference waits a second after it has let
go of everything; here only STOP scripts and the last mails are waited for, as long as there are any.
"""

from __future__ import annotations

import asyncio
import errno
from typing import TYPE_CHECKING

from keepalived_py.log import Level
from keepalived_py.notify.script import ScriptRunner
from keepalived_py.runtime.bugs import BugTrap
from keepalived_py.runtime.collector import IdleCollector
from keepalived_py.runtime.options import STEP_DOWN
from keepalived_py.vrrp.edge.addresses import VirtualAddresses
from keepalived_py.vrrp.edge.alarm import Alarm
from keepalived_py.vrrp.edge.announce import Announcements
from keepalived_py.vrrp.edge.firewall import Firewall
from keepalived_py.vrrp.edge.interfaces import InterfaceReports
from keepalived_py.vrrp.edge.links import VirtualInterfaces
from keepalived_py.vrrp.edge.routing import VirtualRouting
from keepalived_py.vrrp.edge.scripts import TrackScripts
from keepalived_py.vrrp.edge.secondaries import PromotedSecondaries
from keepalived_py.vrrp.edge.settings import InterfaceSettings
from keepalived_py.vrrp.edge.synchronisation import SynchronisationReports
from keepalived_py.vrrp.edge.trackers import Trackers
from keepalived_py.vrrp.edge.transport import Transport
from keepalived_py.vrrp.effects import (
    CloseSockets,
    FilterAddresses,
    InstallAddresses,
    InstallRouting,
    Log,
    Notify,
    OpenSockets,
    RemoveAddresses,
    RemoveRouting,
    ReportState,
    RestoreInterface,
    RunScript,
    SendAdvertisement,
    SendGratuitousArp,
    SendNeighbourAdvertisement,
    StateChanged,
    StopScript,
)
from keepalived_py.vrrp.events import (
    AddressAdded,
    AddressRemoved,
    AdvertisementReceived,
    DeadlineReached,
    InterfaceAdded,
    Reconfigure,
    Retire,
    ScriptFinished,
    SourceUnavailable,
    Start,
    State,
    Stop,
)
from keepalived_py.vrrp.notifier import Notifier
from keepalived_py.vrrp.router import Router
from keepalived_py.vrrp.timing import beat_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keepalived_py.config.ast import Configuration, IPAddress, Microseconds, VirtualAddress, VrrpInstance
    from keepalived_py.kernel.interfaces import Interface
    from keepalived_py.runtime.worker import WorkerContext
    from keepalived_py.vrrp.effects import Effect
    from keepalived_py.vrrp.events import RouterEvent
    from keepalived_py.vrrp.machine import Instance

EXIT_OK = 0
EXIT_FATAL = 1
EXIT_CONFIG = 2
EXIT_NO_PERMISSION = 4
EXIT_SOFTWARE = 70

_LAST_WORDS: Microseconds = 600_000
#: STOP scripts have a second, and a moment to be reaped.
_LAST_SCRIPTS: Microseconds = 1_100_000
#: How long timers may keep everything else waiting when more is due than there is time for.
_LONGEST_TURN: Microseconds = 20_000
#: From so many instances on they are woken together at a beat.
_CROWD = 64
_NO_PERMISSION = frozenset({errno.EPERM, errno.EACCES})


async def run(context: WorkerContext) -> int:
    """Be a VRRP router until told to stop; returns the exit status."""
    return await VrrpWorker(context).run()


class VrrpWorker:
    """Everything the process holds; ``run`` is its life."""

    def __init__(self, context: WorkerContext) -> None:
        self._context = context
        self._loop = context.loop
        self._log = context.log
        self._scripts = ScriptRunner(context.log)
        self._notifier = Notifier(context.configuration.global_defs, self._scripts, context.log)
        self._settings = InterfaceSettings(context.log)
        self._firewall = Firewall(context.configuration.global_defs, context.log, interface=self._interface)
        self._links = VirtualInterfaces(context.log, settings=self._settings, firewall=self._firewall)
        self._interfaces = InterfaceReports(
            context.log,
            feed=self._reported,
            is_there=self._is_there,
            on_mtu=self._resized,
            on_moved=self._links.follow,
            is_ours=self._links.is_ours,
        )
        self._transport = Transport(
            context.loop,
            context.log,
            interface=self._interfaces.get,
            on_packet=self._heard,
            on_read=self._arm,
            on_unavailable=lambda name: self._feed_later(SourceUnavailable(instance=name)),
        )
        self._collector = IdleCollector()
        self._alarm = Alarm(
            context,
            self._collector,
            ring=self._due,
            catch_up=self._transport.read_all,
            instances=self._instances,
        )
        self._track_scripts = TrackScripts(context.loop, self._scripts, feed=self._script_finished)
        self._trackers = Trackers(context, feed=self._feed)
        self._secondaries = PromotedSecondaries(context.log)
        self._synchronisation = SynchronisationReports(context.peers, self._state_of)
        #: Unicast instances that send from whatever address their interface has.
        self._floating: list[str] = []
        #: While instances are being retired: their configurations, for the notification of their end.
        self._retired: dict[str, VrrpInstance] = {}
        self._stopped = False
        self._router: Router
        self._addresses: VirtualAddresses
        self._routing: VirtualRouting
        self._announcements: Announcements

    async def run(self) -> int:
        """Start, route until told to stop, stop."""
        try:
            status = self._open()
        except OSError as error:
            if error.errno not in _NO_PERMISSION:
                self._log(Level.ERR, f"Cannot start VRRP: {error.strerror}")
                return EXIT_FATAL
            self._log(
                Level.ERR,
                f"VRRP needs CAP_NET_RAW and CAP_NET_ADMIN: cannot open its sockets ({error.strerror})",
            )
            return EXIT_NO_PERMISSION
        if status != EXIT_OK:
            return status
        self._context.on_reconfigure = self._reconfigure
        self._context.on_peer_connected = lambda _peer: self._synchronisation.repeat()
        trap = BugTrap(self._context)
        self._collector.start()
        self._context.ready()
        self._feed(Start(readings=self._trackers.start(self._context.configuration)))
        await self._context.stopping.wait()
        # After a bug, too, the addresses are given up and the others are told; the parent then starts us anew.
        await self._stop()
        return EXIT_SOFTWARE if trap.sprung else EXIT_OK

    # --- start and stop -----------------------------------------------------------------------------------------------

    def _open(self) -> int:
        """Open everything; returns an exit status. Raises OSError where nothing can work without it."""
        configuration = self._context.configuration
        self._interfaces.changes_allowed = configuration.global_defs.vrrp.allow_interface_changes
        self._interfaces.start(configuration.global_defs.buffers.vrrp_monitor)
        self._log.detail("Registering Kernel netlink reflector")
        if self._lacks_interfaces(configuration):
            self._log(Level.INFO, "Non-existent interface specified in configuration")
            return EXIT_CONFIG
        self._addresses = VirtualAddresses(self._log, interface=self._interfaces.get)
        self._addresses.resize(configuration.global_defs.buffers.vrrp_command)
        if configuration.global_defs.vrrp.disable_local_igmp:
            self._settings.disable_local_igmp()
        self._firewall.announce(configuration)
        if self._links.provide(configuration):
            self._interfaces.read_again()
        step_down = self._context.options.vip_removed == STEP_DOWN
        self._router = Router(
            configuration,
            self._interfaces.facts(),
            step_down=step_down,
            report_addresses=self._context.options.address_monitoring,
        )
        self._routing = VirtualRouting(
            self._loop,
            self._log,
            interface=self._interfaces.get,
            feed=self._feed,
            is_wanted=self._router.is_wanted,
        )
        for name in self._interfaces.by_name:
            for family in (4, 6) if self._router.watch.is_watched(name) else ():
                if (address := self._router.watch.first_address(name, family)) is not None:
                    self._log.detail(f"Assigned address {address} for interface {name}")
        self._announcements = Announcements(
            self._log, interface=self._interfaces.get, families=_families(configuration), now=self._context.now
        )
        self._notifier.open()
        self._prepare(configuration)
        for instance in self._router.instances.values():
            self._transport.open(instance)
        return EXIT_OK

    def _lacks_interfaces(self, configuration: Configuration) -> bool:
        """Whether an interface is missing that must be there now; each is named."""
        missing: dict[str, str] = {}
        for instance in configuration.vrrp_instances:
            addresses = _addresses_of(instance)
            for name in {instance.interface, *(each.base_interface or each.interface for each in addresses)}:
                if name and self._interfaces.get(name) is None:
                    missing.setdefault(name, instance.name)
        if not configuration.global_defs.vrrp.dynamic_interfaces:
            for name, instance_name in missing.items():
                self._log(Level.INFO, f"({instance_name}) interface {name} doesn't exist")
            return bool(missing)
        for name in missing:
            text = f"Configuration specifies interface {name} which doesn't currently exist - will use if created"
            self._log(Level.INFO, text)
        return False

    def _prepare(self, configuration: Configuration) -> None:
        instances = configuration.vrrp_instances
        self._transport.prepare(instances, configuration.global_defs.buffers.vrrp)
        beat = beat_of(wanted.advert_int for wanted in instances)
        self._transport.set_beat(beat)
        self._alarm.set_beat(beat if len(instances) >= _CROWD else 0)
        self._routing.prepare(configuration)
        self._secondaries.prepare(instances)
        self._synchronisation.prepare(configuration)
        self._floating = [wanted.name for wanted in instances if wanted.unicast and wanted.source_address is None]

    async def _stop(self) -> None:
        self._scripts.terminate()
        self._interfaces.close()
        release = not self._context.options.dont_release_vrrp
        self._feed(Stop(release=release))
        self._stopped = True
        self._alarm.close()
        self._collector.stop()
        self._log.detail(self._collector.summary())
        self._track_scripts.stop_all()
        self._trackers.close()
        self._transport.close()
        self._announcements.close()
        self._addresses.close()
        self._routing.close()
        self._secondaries.close()
        self._notifier.close()
        self._settings.restore_local_igmp()
        if release:
            self._links.close()
            self._firewall.close()
        await asyncio.gather(self._scripts.wait(_LAST_SCRIPTS), self._notifier.drain(_LAST_WORDS))

    def _reconfigure(self, configuration: Configuration) -> None:
        """Go on with another configuration; sockets that are still wanted stay open."""
        if self._stopped:
            return
        self._retired = {name: instance.configuration for name, instance in self._router.instances.items()}
        self._feed(Retire(configuration=configuration))
        self._retired = {}
        self._firewall.announce(configuration)
        if self._links.provide(configuration):
            self._interfaces.catch_up()
        readings = self._trackers.prepare(configuration)
        event = Reconfigure(configuration=configuration, readings=readings)
        effects = self._router.handle(event, self._context.now())
        # From here on names are those of the new configuration.
        self._lacks_interfaces(configuration)
        self._prepare(configuration)
        self._transport.rejoin(self._router.instances.values())
        self._interfaces.changes_allowed = configuration.global_defs.vrrp.allow_interface_changes
        self._interfaces.resize(configuration.global_defs.buffers.vrrp_monitor)
        self._addresses.resize(configuration.global_defs.buffers.vrrp_command)
        self._notifier.reconfigure(configuration.global_defs)
        for effect in effects:
            self._carry_out(effect)
        self._transport.close_unused()
        self._links.remove_unwanted()
        self._synchronisation.repeat()
        self._trackers.recount(readings)
        self._arm()
        self._context.ready()

    # --- the router ---------------------------------------------------------------------------------------------------

    def _feed(self, event: RouterEvent, *, not_before: Microseconds = 0) -> None:
        for effect in self._router.handle(event, max(self._context.now(), not_before)):
            self._carry_out(effect)
        self._arm()

    def _feed_later(self, event: RouterEvent) -> None:
        """Feed an event that carrying out an effect has caused, after the effects that are still being carried out."""
        self._loop.call_soon(lambda: None if self._stopped else self._feed(event))

    def _heard(self, event: AdvertisementReceived) -> None:
        # The time of each packet: this process may have been stopped since the last one.
        now = self._context.now()
        self._alarm.look(now)
        for effect in self._router.handle(event, now):
            self._carry_out(effect)

    def _reported(self, event: RouterEvent) -> None:
        if isinstance(event, InterfaceAdded):
            self._secondaries.interface_added(event.facts.name)
        if (told := self._trackers.filtered(event)) is not None:
            self._feed(told)
        if isinstance(event, AddressAdded | AddressRemoved):
            for name in self._floating:
                self._transport.follow_source(self._router.instances[name])

    def _resized(self, interface: str) -> None:
        self._transport.resize(interface)

    def _script_finished(self, event: ScriptFinished) -> None:
        if not self._stopped:
            self._feed(event)

    def _state_of(self, name: str) -> State | None:
        instance = self._router.instances.get(name)
        return None if instance is None else instance.state

    def _instances(self) -> Iterable[Instance]:
        return self._router.instances.values()

    def _arm(self) -> None:
        self._alarm.set(self._router.deadline)

    def _due(self, when: Microseconds) -> None:
        # The loop may fire a timer a fraction of a microsecond early; its time has come all the same.
        now = max(self._context.now(), when)
        # However much is due, signals, pipes and the kernel's reports get their turn.
        turn_ends = now + _LONGEST_TURN
        if self._transport.hears_late:
            self._transport.read_all()
        while True:
            for effect in self._router.handle(DeadlineReached(), now):
                self._carry_out(effect)
            now = self._context.now()
            deadline = self._router.deadline
            if deadline is None or deadline > now or now > turn_ends:
                break
        self._arm()

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case SendAdvertisement():
                self._transport.advertise(effect)
            case Log(text=text, detail=detail, level=level):
                self._log(level, text, detail=detail)
            case SendGratuitousArp():
                self._announcements.send_arp(effect)
            case SendNeighbourAdvertisement():
                self._announcements.send_neighbour_advertisement(effect)
            case InstallAddresses(addresses=addresses):
                self._addresses.change(addresses, add=True)
            case RemoveAddresses(addresses=addresses):
                self._addresses.change(addresses, add=False)
            case InstallRouting(items=items):
                self._routing.change(items, add=True)
            case RemoveRouting(items=items):
                self._routing.change(items, add=False)
            case FilterAddresses():
                self._firewall.change(effect)
            case RestoreInterface(name=name):
                self._links.restore(name)
            case RunScript(name=name):
                self._track_scripts.run(self._router.watch.scripts[name].configuration)
            case StopScript(name=name):
                self._track_scripts.stop(name)
            case Notify():
                self._notify(effect)
            case ReportState():
                self._notifier.report(effect)
            case OpenSockets(instance=instance):
                self._transport.open(self._router.instances[instance])
            case CloseSockets(instance=instance):
                self._transport.leave(instance)
            case StateChanged(instance=instance, state=state):
                self._synchronisation.moved(instance, state)

    def _interface(self, name: str) -> Interface | None:
        return self._interfaces.get(name)

    def _is_there(self, index: int, name: str, address: IPAddress, prefix_length: int) -> bool:
        """Whether the report of a removal is older than the address: set again by us, or before we came to read it."""
        matters = self._router.wants_address(name, address) or any(
            instance.source == address for instance in self._router.instances.values()
        )
        return matters and self._addresses.is_present(index, address, prefix_length)

    def _notify(self, effect: Notify) -> None:
        owners = self._router.groups if effect.kind == "GROUP" else self._router.instances
        owner = owners.get(effect.name)
        if owner is not None:
            self._notifier.tell(effect, owner.configuration)
        elif (gone := self._retired.get(effect.name)) is not None:
            self._notifier.tell(effect, gone)


def _families(configuration: Configuration) -> set[int]:
    """Return the versions of IP that need announcements."""
    instances = configuration.vrrp_instances
    addresses = {address.address.version for instance in instances for address in _addresses_of(instance)}
    return addresses | {instance.family for instance in instances}


def _addresses_of(instance: VrrpInstance) -> tuple[VirtualAddress, ...]:
    return (*instance.virtual_addresses, *instance.excluded_addresses)
