"""A simulated LAN with its own clock, on which real routers' ``handle`` run: minutes of fail-over in milliseconds.

A segment is an interface name; every node has one address on each. Between two nodes a datagram can be lost, delayed, sent
twice, or stopped by a partition; all chance comes from one seeded generator, so that a run can be repeated. A node can crash
(nothing is sent, nothing is removed), stop in order, or stall: a process that is not scheduled, whose packets wait in its socket
and are read before its timers are looked at when it runs again, as the worker does. Its script says what ``healthy`` says, a moment
after it was started. Somebody can take an address away from it, and an interface can be pulled out and put in again.
"""

from __future__ import annotations

import heapq
import itertools
import random
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from keepalived_py.config.ast import AuthenticationType, Configuration, SyncGroup, VirtualAddress, VrrpInstance
from keepalived_py.vrrp.adverts import AdvertBuilder
from keepalived_py.vrrp.effects import InstallAddresses, RemoveAddresses, RunScript, SendAdvertisement
from keepalived_py.vrrp.events import (
    AddressAdded,
    AddressRemoved,
    AdvertisementReceived,
    DeadlineReached,
    InterfaceAdded,
    InterfaceFacts,
    InterfaceRemoved,
    ScriptFinished,
    Start,
    State,
    Stop,
)
from keepalived_py.vrrp.router import Router
from keepalived_py.vrrp.tracking import TrackerKind
from keepalived_py.wire.vrrp import GROUP_IPV4, Advertisement, decode_ipv4, packet_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from keepalived_py.config.ast import IPAddress, Microseconds
    from keepalived_py.vrrp.effects import Effect
    from keepalived_py.vrrp.events import RouterEvent
    from keepalived_py.wire.vrrp import Packet

SECOND = 1_000_000
MILLISECOND = 1_000
_WALL_CLOCK = 1_800_000_000 * SECOND
_PUT_BACK_WITHIN = 210 * MILLISECOND
SCRIPT_TIME = 3 * MILLISECOND


@dataclass(kw_only=True)
class Weather:
    """What happens to a datagram on its way. Delays are uniform between the two values."""

    loss: float = 0.0
    duplication: float = 0.0
    delay: tuple[Microseconds, Microseconds] = (50, 2 * MILLISECOND)


@dataclass(eq=False)
class Node:
    name: str
    router: Router
    addresses: dict[str, IPv4Address]
    alive: bool = True
    healthy: bool = True
    pulled: set[str] = field(default_factory=set)
    stalled_until: Microseconds | None = None
    waiting: list[AdvertisementReceived] = field(default_factory=list)
    installed: set[tuple[str, IPAddress]] = field(default_factory=set)
    #: By how much its clock on the wall is wrong.
    clock_error: Microseconds = 0
    builders: dict[str, AdvertBuilder] = field(default_factory=dict)
    #: Until when what somebody took from it may be missing.
    stolen: dict[tuple[str, IPAddress], Microseconds] = field(default_factory=dict)

    def is_master(self, instance: str) -> bool:
        return self.alive and self.router.instances[instance].state is State.MASTER

    @property
    def running(self) -> bool:
        return self.alive and self.stalled_until is None


@dataclass(frozen=True)
class Overlap:
    """Two or more running nodes were MASTER for the same instance from ``begin`` to ``end``."""

    instance: str
    begin: Microseconds
    end: Microseconds
    names: frozenset[str]


class Lan:
    def __init__(self, seed: int, weather: Weather | None = None) -> None:
        self.now: Microseconds = 0
        self.random = random.Random(seed)
        self.weather = weather or Weather()
        self.nodes: dict[str, Node] = {}
        self.overlaps: list[Overlap] = []
        #: (time, node, instance, state) of every change.
        self.history: list[tuple[Microseconds, str, str, State]] = []
        self._partition: dict[tuple[str, str], int] = {}
        self._queue: list[tuple[Microseconds, int, Callable[[], None]]] = []
        self._sequence = itertools.count()
        self._packets: dict[tuple[str, str, int, IPAddress], Packet] = {}
        self._masters_since: dict[str, tuple[Microseconds, frozenset[str]]] = {}

    # --- what a test does ---------------------------------------------------------------------------------------------

    def add(self, name: str, configuration: Configuration, number: int, segments: Iterable[str] = ("eth0",)) -> Node:
        addresses = {segment: IPv4Address(f"10.{index}.0.{number}") for index, segment in enumerate(segments)}
        facts = [InterfaceFacts(name=segment, addresses=((own, 24),)) for segment, own in addresses.items()]
        node = Node(name=name, router=Router(configuration, facts), addresses=addresses)
        self.nodes[name] = node
        return node

    def start(self, name: str) -> None:
        self.feed(self.nodes[name], Start())

    def start_all(self) -> None:
        for name in self.nodes:
            self.start(name)

    def crash(self, name: str) -> None:
        node = self.nodes[name]
        node.alive = False
        node.installed.clear()
        self._count_masters()

    def restart(self, name: str) -> None:
        old = self.nodes[name]
        facts = [InterfaceFacts(name=segment, addresses=((own, 24),)) for segment, own in old.addresses.items()]
        self.nodes[name] = Node(
            name=name,
            router=Router(old.router.configuration, facts),
            addresses=old.addresses,
            clock_error=old.clock_error,
        )
        self.start(name)

    def stop(self, name: str) -> None:
        node = self.nodes[name]
        self.feed(node, Stop())
        node.alive = False
        self._count_masters()

    def stall(self, name: str, duration: Microseconds) -> None:
        node = self.nodes[name]
        node.stalled_until = self.now + duration
        self.at(node.stalled_until, lambda: self._wake(node))
        self._count_masters()

    def steal(self, name: str) -> bool:
        """Remove a virtual address from a node behind its back; False if it has none."""
        node = self.nodes[name]
        if not node.installed:
            return False
        interface, address = min(node.installed, key=str)
        node.installed.discard((interface, address))
        node.stolen[interface, address] = self.now + _PUT_BACK_WITHIN
        self.feed(node, AddressRemoved(interface=interface, address=address, prefix_length=24))
        return True

    def pull_out(self, name: str, segment: str) -> None:
        """Delete an interface of a node, with every address on it."""
        node = self.nodes[name]
        node.pulled.add(segment)
        node.installed = {(interface, address) for interface, address in node.installed if interface != segment}
        self.feed(node, InterfaceRemoved(name=segment))

    def put_in(self, name: str, segment: str) -> None:
        """Bring a deleted interface back."""
        node = self.nodes[name]
        node.pulled.discard(segment)
        facts = InterfaceFacts(name=segment, addresses=((node.addresses[segment], 24),))
        self.feed(node, InterfaceAdded(facts=facts))

    def partition(self, *sides: Iterable[str], segment: str = "eth0") -> None:
        """Let only nodes of the same side hear each other; no sides: everybody hears everybody."""
        for name in self.nodes:
            self._partition[segment, name] = 0
        for number, side in enumerate(sides, 1):
            for name in side:
                self._partition[segment, name] = number

    def at(self, when: Microseconds, action: Callable[[], None]) -> None:
        heapq.heappush(self._queue, (when, next(self._sequence), action))

    def run(self, duration: Microseconds) -> None:
        """Let time pass."""
        end = self.now + duration
        while True:
            node, when = self._next_deadline()
            if self._queue and self._queue[0][0] <= (end if when is None else min(when, end)):
                self.now, _, action = heapq.heappop(self._queue)
                action()
            elif node is not None and when is not None and when <= end:
                self.now = max(self.now, when)
                self.feed(node, DeadlineReached())
            else:
                break
        self.now = end

    def feed(self, node: Node, event: RouterEvent) -> list[Effect]:
        before = {name: instance.state for name, instance in node.router.instances.items()}
        effects = node.router.handle(event, self.now)
        for effect in effects:
            self._execute(node, effect)
        changed = False
        for name, instance in node.router.instances.items():
            if instance.state is not before[name]:
                changed = True
                self.history.append((self.now, node.name, name, instance.state))
        if effects or changed:
            self._check(node)
        if changed:
            self._count_masters()
        return effects

    # --- what a test asks ---------------------------------------------------------------------------------------------

    def masters(self, instance: str) -> list[str]:
        return [name for name, node in self.nodes.items() if node.running and node.is_master(instance)]

    def became_master(self, instance: str, since: Microseconds) -> list[tuple[Microseconds, str]]:
        return [
            (when, name)
            for when, name, changed, state in self.history
            if changed == instance and state is State.MASTER and when >= since
        ]

    def overlaps_since(self, since: Microseconds) -> list[Overlap]:
        """Overlaps that went on after ``since``, those that go on now included."""
        going_on = [
            Overlap(instance, begin, self.now, names)
            for instance, (begin, names) in self._masters_since.items()
            if len(names) > 1
        ]
        return [overlap for overlap in self.overlaps + going_on if overlap.end > since]

    # --- inside -------------------------------------------------------------------------------------------------------

    def _next_deadline(self) -> tuple[Node | None, Microseconds | None]:
        best: tuple[Node | None, Microseconds | None] = (None, None)
        for node in self.nodes.values():
            if node.running:
                when = node.router.deadline
                if when is not None and (best[1] is None or when < best[1]):
                    best = (node, when)
        return best

    def _wake(self, node: Node) -> None:
        node.stalled_until = None
        waiting, node.waiting = node.waiting, []
        for event in waiting:
            if node.alive:
                self.feed(node, replace(event, wall_clock=self.clock(node)))
        self._count_masters()

    def _execute(self, node: Node, effect: Effect) -> None:
        if isinstance(effect, SendAdvertisement):
            self._send(node, effect)
        elif isinstance(effect, InstallAddresses):
            for address in effect.addresses:
                self._install(node, address)
        elif isinstance(effect, RunScript):
            # The script looks at the world when it runs, and takes a moment.
            status = 0 if node.healthy else 1
            self.at(self.now + SCRIPT_TIME, lambda: self._script_ends(node, effect.name, status))
        elif isinstance(effect, RemoveAddresses):
            node.installed -= {(address.interface, address.address) for address in effect.addresses}

    def _install(self, node: Node, address: VirtualAddress) -> None:
        if address.interface in node.pulled:
            return
        key = (address.interface, address.address)
        if key not in node.installed:
            node.installed.add(key)
            self.at(self.now, lambda: self._report(node, address))

    def _report(self, node: Node, address: VirtualAddress) -> None:
        # The kernel tells a little later, when the address may be gone again.
        if node.running and self.nodes[node.name] is node:
            self.feed(
                node,
                AddressAdded(interface=address.interface, address=address.address, prefix_length=address.prefix_length),
            )

    def _script_ends(self, node: Node, name: str, status: int) -> None:
        if self.nodes[node.name] is not node or not node.alive:
            return
        if node.stalled_until is not None:
            self.at(node.stalled_until, lambda: self._script_ends(node, name, status))
            return
        self.feed(node, ScriptFinished(name=name, exit_status=status))

    def _send(self, node: Node, advert: SendAdvertisement) -> None:
        configuration = node.router.instances[advert.instance].configuration
        peers = {peer.address for peer in configuration.unicast_peers}
        segment = configuration.interface
        fresh = self._signed(node, configuration, advert)
        for other in self.nodes.values():
            if other is node or not other.alive or segment in node.pulled or segment in other.pulled:
                continue
            destination = other.addresses[segment] if configuration.unicast else GROUP_IPV4
            if configuration.unicast and destination not in peers:
                continue
            if self._partition.get((segment, node.name), 0) != self._partition.get((segment, other.name), 0):
                continue
            packet = fresh[destination] if fresh else self._packet(node, configuration, advert, destination)
            for _copy in range(1 + (self.random.random() < self.weather.duplication)):
                if self.random.random() >= self.weather.loss:
                    self._deliver_later(other.name, AdvertisementReceived(packet=packet, interface=segment))

    def _packet(
        self, node: Node, configuration: VrrpInstance, advert: SendAdvertisement, destination: IPAddress
    ) -> Packet:
        key = (node.name, advert.instance, advert.priority, destination)
        if key not in self._packets:
            advertisement = Advertisement(
                version=configuration.version,
                virtual_router_id=configuration.virtual_router_id,
                priority=advert.priority,
                addresses=tuple(address.address for address in configuration.virtual_addresses),
                interval=configuration.advert_int,
                authentication_type=int(configuration.authentication.type),
                authentication_data=configuration.authentication.password,
            )
            self._packets[key] = packet_of(advertisement, source=advert.source, destination=destination)
        return self._packets[key]

    def _signed(
        self, node: Node, configuration: VrrpInstance, advert: SendAdvertisement
    ) -> dict[IPAddress, Packet] | None:
        """What is never the same twice, by destination; None where a master repeats itself."""
        if configuration.hmac is None and configuration.authentication.type != AuthenticationType.AH:
            return None
        builder = node.builders.get(advert.instance)
        if builder is None:
            builder = node.builders[advert.instance] = AdvertBuilder(configuration)
        return {copy.destination: decode_ipv4(copy.data) for copy in builder.build(advert, self.clock(node))}

    def clock(self, node: Node) -> Microseconds:
        """Return what a node holds for the time of day, in microseconds since 1970."""
        return _WALL_CLOCK + self.now + node.clock_error

    def _deliver_later(self, name: str, event: AdvertisementReceived) -> None:
        self.at(self.now + self.random.randint(*self.weather.delay), lambda: self._deliver(name, event))

    def _deliver(self, name: str, event: AdvertisementReceived) -> None:
        node = self.nodes[name]
        if node.stalled_until is not None:
            node.waiting.append(event)
        elif node.alive:
            self.feed(node, replace(event, wall_clock=self.clock(node)))

    def _check(self, node: Node) -> None:
        """What must hold on a node after every single event."""
        wanted = {
            (address.interface, address.address)
            for instance in node.router.instances.values()
            if instance.state is State.MASTER
            for address in instance.possessions.addresses
            if address.interface not in node.pulled
        }
        missing = {each for each in wanted - node.installed if node.stolen.get(each, -1) < self.now}
        text = f"{node.name} at {self.now}: addresses {node.installed}, wanted {wanted}"
        assert not missing, text
        assert node.installed <= wanted, text
        for instance in node.router.instances.values():
            if instance.state in (State.BACKUP, State.MASTER):
                lost = [
                    tracked.name
                    for tracked in node.router.watch.tracking[instance.name].of(TrackerKind.INTERFACE)
                    if not tracked.weight and not node.router.watch.interfaces.is_up(tracked.name)
                ]
                assert not lost, f"{node.name} at {self.now}: {instance.name} is {instance.state.name} without {lost}"
        for group in node.router.groups.values():
            states = {member.state for member in group.members}
            assert len(states) == 1, f"{node.name} at {self.now}: group {group.name} in {states}"

    def _count_masters(self) -> None:
        names = {instance for node in self.nodes.values() for instance in node.router.instances}
        for instance in names:
            masters = frozenset(self.masters(instance))
            since, before = self._masters_since.get(instance, (self.now, frozenset()))
            if masters == before:
                continue
            if len(before) > 1 and self.now > since:
                self.overlaps.append(Overlap(instance, since, self.now, before))
            # An overlap that only changes its members goes on.
            begin = since if len(before) > 1 and len(masters) > 1 else self.now
            self._masters_since[instance] = (begin, masters)


def instance(
    name: str = "V", *, segment: str = "eth0", router_id: int = 51, priority: int = 100, **settings: object
) -> VrrpInstance:
    """An instance with one virtual address of its own."""
    address = VirtualAddress(address=IPv4Address(f"10.9.0.{router_id}"), prefix_length=24, interface=segment)
    return VrrpInstance(
        name=name,
        interface=segment,
        virtual_router_id=router_id,
        priority=priority,
        virtual_addresses=(address,),
        multicast_group=None if settings.get("unicast") else GROUP_IPV4,
        **settings,  # type: ignore[arg-type]
    )


def configuration(*instances: VrrpInstance, group: bool = False) -> Configuration:
    groups = (SyncGroup(name="G", members=tuple(each.name for each in instances)),) if group else ()
    return Configuration(vrrp_instances=instances, vrrp_sync_groups=groups)
