"""The vrrp process: the only file of this room that touches the machine it runs on (scripts and mails go through notifier.py).

Owns sockets, the interface monitor, timers, scripts and mails; carries out what the router asks for, in its order, and tells it
what happened. It decides nothing about VRRP. Order of the start and of the stop: reference/cli-and-process.md §5 and §8. The
reference waits a second after it has let go of everything; here only STOP scripts and the last mails are waited for, not as long.
"""

from __future__ import annotations

import asyncio
import errno
import os
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from keepalived_py.kernel.addresses import AddressRequest, AddressTable
from keepalived_py.kernel.interfaces import InterfaceMonitor
from keepalived_py.kernel.sockets import open_arp, open_vrrp_multicast, open_vrrp_unicast, send_arp
from keepalived_py.log import Level
from keepalived_py.notify.script import ScriptRunner
from keepalived_py.runtime.bugs import BugTrap
from keepalived_py.vrrp.adverts import AdvertBuilder
from keepalived_py.vrrp.events import (
    AddressAdded,
    AddressRemoved,
    AdvertisementReceived,
    CloseSockets,
    DeadlineReached,
    InstallAddresses,
    InterfaceAdded,
    InterfaceChanged,
    InterfaceFacts,
    InterfaceRemoved,
    Log,
    Notify,
    OpenSockets,
    Reconfigure,
    RemoveAddresses,
    Retire,
    RunScript,
    ScriptFinished,
    SendAdvertisement,
    SendGratuitousArp,
    SourceUnavailable,
    Start,
    State,
    StateChanged,
    Stop,
    StopScript,
)
from keepalived_py.vrrp.notifier import Notifier
from keepalived_py.vrrp.pool import Pool
from keepalived_py.vrrp.router import Router
from keepalived_py.wire.arp import encode_gratuitous
from keepalived_py.wire.errors import WireError
from keepalived_py.wire.vrrp import GROUP_IPV4

if TYPE_CHECKING:
    import socket

    from keepalived_py.config.ast import (
        Configuration,
        IPAddress,
        Microseconds,
        VirtualAddress,
        VrrpInstance,
    )
    from keepalived_py.kernel.interfaces import Interface
    from keepalived_py.runtime.worker import WorkerContext
    from keepalived_py.vrrp.events import Effect, RouterEvent

EXIT_OK = 0
EXIT_FATAL = 1
EXIT_CONFIG = 2
EXIT_NO_PERMISSION = 4
EXIT_SOFTWARE = 70

#: Packets read from one socket before timers get their turn: more than 250 instances receive in a second.
_PACKETS_AT_ONCE = 1024
#: How late a timer must be to count as this process not having been scheduled.
_OVERSLEPT: Microseconds = 50_000
_LAST_WORDS: Microseconds = 600_000
_ETHERNET = 1
_NO_PERMISSION = frozenset({errno.EPERM, errno.EACCES})
_ANY = IPv4Address(0)


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
        self._monitor = InterfaceMonitor(
            on_link=self._link_changed,
            on_link_deleted=self._link_deleted,
            on_address=self._address_changed,
            on_overrun=lambda: self._log(Level.INFO, "Netlink: Receive buffer overrun on monitor socket"),
        )
        self._interfaces: dict[str, Interface] = {}
        self._pools: dict[tuple[str, IPAddress], Pool] = {}
        self._pool_of: dict[str, Pool] = {}
        self._builders: dict[str, AdvertBuilder] = {}
        self._send_errors: dict[tuple[str, IPAddress], int | None] = {}
        self._floating: list[str] = []
        #: While instances are being retired: their configurations, for the notification of their end.
        self._retired: dict[str, VrrpInstance] = {}
        self._script_runs: dict[str, asyncio.Task[None]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at: Microseconds | None = None
        self._stopped = False
        self._router: Router
        self._addresses: AddressTable
        self._arp: socket.socket

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
        trap = BugTrap(self._context)
        self._context.ready()
        self._feed(Start())
        await self._context.stopping.wait()
        # After a bug, too, the addresses are given up and the others are told; the parent then starts us anew.
        await self._stop()
        return EXIT_SOFTWARE if trap.sprung else EXIT_OK

    # --- start and stop -----------------------------------------------------------------------------------------------

    def _open(self) -> int:
        """Open everything; returns an exit status. Raises OSError where nothing can work without it."""
        configuration = self._context.configuration
        self._interfaces = self._monitor.start()
        self._log.detail("Registering Kernel netlink reflector")
        missing = False
        for instance in configuration.vrrp_instances:
            for name in {instance.interface, *(address.interface for address in _addresses_of(instance))}:
                if name and name not in self._interfaces:
                    missing = True
                    self._log(Level.INFO, f"({instance.name}) interface {name} doesn't exist")
        if missing:
            self._log(Level.INFO, "Non-existent interface specified in configuration")
            return EXIT_CONFIG
        self._addresses = AddressTable()
        self._log.detail("Registering Kernel netlink command channel")
        self._router = Router(configuration, [_facts(interface) for interface in self._interfaces.values()])
        for name in self._interfaces:
            for family in (4, 6) if self._router.watch.is_watched(name) else ():
                if (address := self._router.watch.first_address(name, family)) is not None:
                    self._log.detail(f"Assigned address {address} for interface {name}")
        self._arp = open_arp()
        self._log.detail("Registering gratuitous ARP shared channel")
        self._prepare(configuration)
        for instance in configuration.vrrp_instances:
            self._open_pool(instance)
        return EXIT_OK

    def _prepare(self, configuration: Configuration) -> None:
        instances = configuration.vrrp_instances
        self._builders = {wanted.name: AdvertBuilder(wanted) for wanted in instances}
        self._send_errors.clear()
        # Those that send from whatever address their interface has.
        self._floating = [wanted.name for wanted in instances if wanted.unicast and wanted.source_address is None]

    async def _stop(self) -> None:
        self._scripts.terminate()
        self._monitor.close()
        self._feed(Stop(release=not self._context.options.dont_release_vrrp))
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()
        for run in self._script_runs.values():
            run.cancel()
        for pool in self._pools.values():
            self._loop.remove_reader(pool.sockets.receive.fileno())
            pool.sockets.close()
        self._arp.close()
        self._addresses.close()
        await asyncio.gather(self._scripts.wait(_LAST_WORDS), self._notifier.drain(_LAST_WORDS))

    def _reconfigure(self, configuration: Configuration) -> None:
        """Go on with another configuration; sockets that are still wanted stay open."""
        if self._stopped:
            return
        self._retired = {name: instance.configuration for name, instance in self._router.instances.items()}
        self._feed(Retire(configuration=configuration))
        self._retired = {}
        effects = self._router.handle(Reconfigure(configuration=configuration), self._context.now())
        # From here on names are those of the new configuration.
        self._prepare(configuration)
        self._pool_of.clear()
        for pool in self._pools.values():
            pool.instances.clear()
        for name, instance in self._router.instances.items():
            pool_or_none = self._pools.get((instance.configuration.interface, instance.local or _ANY))
            if pool_or_none is not None:
                pool_or_none.join(name)
                self._pool_of[name] = pool_or_none
        self._notifier.reconfigure(configuration.global_defs)
        for effect in effects:
            self._carry_out(effect)
        for pool in [pool for pool in self._pools.values() if not pool.instances]:
            self._close_pool(pool)
        self._arm()
        self._context.ready()

    # --- the router ---------------------------------------------------------------------------------------------------

    def _feed(self, event: RouterEvent, *, not_before: Microseconds = 0) -> None:
        for effect in self._router.handle(event, max(self._context.now(), not_before)):
            self._carry_out(effect)
        self._arm()

    def _arm(self) -> None:
        """Set the timer nearer if need be; one that is too early finds nothing due and is set again."""
        when = self._router.deadline
        if when is None or (self._timer_at is not None and self._timer_at <= when):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = when
        self._timer = self._loop.call_at(when / 1_000_000, self._due)

    def _due(self) -> None:
        wanted, self._timer, self._timer_at = self._timer_at, None, None
        if wanted is not None and self._context.now() - wanted > _OVERSLEPT:
            # We were not scheduled: hear what the master said meanwhile before declaring it dead.
            for pool in tuple(self._pools.values()):
                self._read(pool)
        # The loop may fire a timer a fraction of a microsecond early; its time has come all the same.
        self._feed(DeadlineReached(), not_before=wanted or 0)

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case SendAdvertisement():
                self._advertise(effect)
            case Log(text=text, detail=detail, level=level):
                self._log(level, text, detail=detail)
            case SendGratuitousArp():
                self._announce(effect)
            case InstallAddresses(addresses=addresses):
                self._change_addresses(addresses, add=True)
            case RemoveAddresses(addresses=addresses):
                self._change_addresses(addresses, add=False)
            case RunScript(name=name):
                self._run_script(name)
            case StopScript(name=name):
                if (task := self._script_runs.pop(name, None)) is not None:
                    task.cancel()
            case Notify():
                self._notify(effect)
            case OpenSockets(instance=instance):
                self._open_pool(self._router.instances[instance].configuration)
            case CloseSockets(instance=instance):
                self._leave_pool(instance)
            case StateChanged():
                pass  # whoever shows states will be told from here; the log line has already been written

    # --- sockets ------------------------------------------------------------------------------------------------------

    def _open_pool(self, instance: VrrpInstance) -> None:
        """Give an instance its sockets, opened now if no other has the same."""
        source = self._router.instances[instance.name].source
        local = source if instance.unicast else instance.multicast_group or GROUP_IPV4
        if local is None:
            return  # unicast without an address yet: AddressAdded brings us back
        pool = self._pools.get((instance.interface, local))
        if pool is None:
            interface = self._interfaces.get(instance.interface)
            index = interface.index if interface is not None else 0
            try:
                if instance.unicast:
                    sockets = open_vrrp_unicast(
                        local, instance.interface or None, interface_index=index, require_source=False
                    )
                else:
                    sockets = open_vrrp_multicast(instance.interface, index, source or _ANY, local)
            except OSError as error:
                if error.errno in _NO_PERMISSION:
                    raise
                self._log(
                    Level.INFO,
                    f"bind {'unicast_src' if instance.unicast else 'for multicast'} {local} failed"
                    f" {error.errno} - {error.strerror}",
                )
                self._feed_or_remember(SourceUnavailable(instance=instance.name))
                return
            pool = self._pools[instance.interface, local] = Pool(
                sockets=sockets, interface=instance.interface, local=local
            )
            self._loop.add_reader(sockets.receive.fileno(), self._read, pool)
            self._log.detail(pool.describe(index))
        pool.join(instance.name)
        self._pool_of[instance.name] = pool

    def _feed_or_remember(self, event: RouterEvent) -> None:
        """Feed an event that carrying out an effect has caused, after the effects that are still being carried out."""
        self._loop.call_soon(lambda: None if self._stopped else self._feed(event))

    def _leave_pool(self, name: str) -> None:
        pool = self._pool_of.pop(name, None)
        if pool is None:
            return
        pool.instances.discard(name)
        if not pool.instances:
            self._close_pool(pool)

    def _close_pool(self, pool: Pool) -> None:
        del self._pools[pool.interface, pool.local]
        self._loop.remove_reader(pool.sockets.receive.fileno())
        pool.sockets.close()

    def _read(self, pool: Pool) -> None:
        """Hand everything that waits in a socket to the router."""
        router, context = self._router, self._context
        for _ in range(_PACKETS_AT_ONCE):
            try:
                packet = pool.sockets.receive_packet()
            except WireError as error:
                self._complain(pool, f"IPv4 VRRP packet unreadable - {error}")
                continue
            except OSError as error:
                # ENETDOWN comes once when the interface goes down; the monitor tells what that means.
                self._complain(
                    pool, f"recvmsg({pool.sockets.receive.fileno()}) returned {error.errno} ({error.strerror})"
                )
                continue
            if packet is None:
                break
            event = AdvertisementReceived(packet=packet, interface=pool.interface, local=pool.local)
            # The time of each packet: this process may have been stopped since the last one.
            for effect in router.handle(event, context.now()):
                self._carry_out(effect)
        self._arm()

    def _complain(self, pool: Pool, text: str) -> None:
        """Log a kind of trouble once a socket: whoever sends rubbish must not fill the log."""
        if text not in pool.complained:
            pool.complained.add(text)
            self._log(Level.INFO, text)

    def _advertise(self, effect: SendAdvertisement) -> None:
        pool = self._pool_of.get(effect.instance)
        if pool is None:
            return
        for destination, datagram in self._builders[effect.instance].build(effect.priority, effect.source):
            key = (effect.instance, destination)
            try:
                pool.sockets.send_datagram(datagram, destination)
            except OSError as error:
                # One peer that cannot be reached must not keep the others from hearing us.
                if self._send_errors.get(key) != error.errno:
                    self._send_errors[key] = error.errno
                    self._advert_failed(effect, pool, destination, error)
            else:
                self._send_errors.pop(key, None)

    def _advert_failed(self, effect: SendAdvertisement, pool: Pool, destination: IPAddress, error: OSError) -> None:
        if effect.priority == 0 and error.errno in (errno.ENETUNREACH, errno.ENETDOWN):
            return  # a farewell over an interface that is down
        if pool.sockets.group is None:
            text = f"({effect.instance}) Cant send advert to {destination} ({error.strerror})"
        else:
            text = f"({effect.instance}): send advert error {error.errno} ({error.strerror})"
        self._log(Level.INFO, text)

    def _announce(self, effect: SendGratuitousArp) -> None:
        interface = self._interfaces.get(effect.interface)
        if interface is None or not interface.has_arp or interface.hardware_type != _ETHERNET:
            return
        if not isinstance(effect.address, IPv4Address):
            return
        self._log.detail(f"Sending gratuitous ARP on {effect.interface} for {effect.address}")
        try:
            send_arp(self._arp, interface.index, encode_gratuitous(effect.address, interface.mac))
        except OSError as error:
            self._log(
                Level.INFO,
                f"Error {error.errno} ({error.strerror}) sending gratuitous ARP on {effect.interface}"
                f" for {effect.address}",
            )

    # --- addresses and interfaces -------------------------------------------------------------------------------------

    def _change_addresses(self, addresses: tuple[VirtualAddress, ...], *, add: bool) -> None:
        requests = []
        for address in addresses:
            interface = self._interfaces.get(address.interface)
            if interface is not None:
                requests.append(AddressRequest(add=add, address=address, interface_index=interface.index))
            elif add:
                self._log(Level.INFO, f"Cannot set {address.address}: there is no interface {address.interface}")
        try:
            results = self._addresses.apply(requests)
        except OSError as error:
            self._log(Level.ERR, f"Netlink: error: {error.strerror}, addresses may not be as they should")
            return
        for request, number in zip(requests, results, strict=True):
            if not request.is_done(number):
                verb = "set" if add else "remove"
                where = f"{request.address.address}/{request.address.prefix_length} on {request.address.interface}"
                self._log(Level.INFO, f"Netlink: error: {os.strerror(number)}, cannot {verb} {where}")

    def _link_changed(self, interface: Interface) -> None:
        known = self._interfaces.get(interface.name)
        self._interfaces[interface.name] = interface
        if known is None:
            self._feed(InterfaceAdded(facts=_facts(interface)))
        elif known.is_up != interface.is_up:
            self._feed(InterfaceChanged(name=interface.name, is_up=interface.is_up))

    def _link_deleted(self, name: str) -> None:
        if self._interfaces.pop(name, None) is not None:
            self._feed(InterfaceRemoved(name=name))

    def _address_changed(self, index: int, address: IPAddress, prefix_length: int, added: bool) -> None:
        interface = self._monitor.interface(index)
        if interface is None:
            return
        name = interface.name
        if added:
            self._feed(AddressAdded(interface=name, address=address, prefix_length=prefix_length))
        elif not self._is_set_again(index, name, address, prefix_length):
            self._feed(AddressRemoved(interface=name, address=address, prefix_length=prefix_length))
        self._follow_sources()

    def _is_set_again(self, index: int, name: str, address: IPAddress, prefix_length: int) -> bool:
        """Whether the report of a removal is older than our own setting of the address."""
        for instance in self._router.instances.values():
            if instance.state is State.MASTER:
                for own in instance.addresses:
                    if own.address == address and own.interface == name:
                        return (address, prefix_length) in self._addresses.present(index)
        return False

    def _follow_sources(self) -> None:
        """Unicast instances without a configured source listen on whatever address they send from now."""
        for name in self._floating:
            instance = self._router.instances[name]
            pool = self._pool_of.get(instance.name)
            if instance.source is not None and (pool is None or pool.local != instance.source):
                self._leave_pool(instance.name)
                self._open_pool(instance.configuration)

    # --- scripts and mails --------------------------------------------------------------------------------------------

    def _run_script(self, name: str) -> None:
        self._script_runs[name] = self._loop.create_task(self._follow_script(name))

    async def _follow_script(self, name: str) -> None:
        configuration = self._router.watch.scripts[name].configuration
        result = await self._scripts.run(configuration.command, configuration.timeout, name=name)
        if not self._stopped:
            self._feed(
                ScriptFinished(
                    name=name, exit_status=result.exit_status, signal=result.signal, timed_out=result.timed_out
                )
            )

    def _notify(self, effect: Notify) -> None:
        owners = self._router.groups if effect.kind == "GROUP" else self._router.instances
        owner = owners.get(effect.name)
        if owner is not None:
            self._notifier.tell(effect, owner.configuration)
        elif (gone := self._retired.get(effect.name)) is not None:
            self._notifier.tell(effect, gone)


def _addresses_of(instance: VrrpInstance) -> tuple[VirtualAddress, ...]:
    return (*instance.virtual_addresses, *instance.excluded_addresses)


def _facts(interface: Interface) -> InterfaceFacts:
    return InterfaceFacts(name=interface.name, is_up=interface.is_up, addresses=interface.addresses)
