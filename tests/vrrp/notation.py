"""How the tests of the VRRP room write events and effects: one short line each, so that a test reads like a log.

at 3.609375  timeout              an event
  send 100                        effects, in order
  log (V) Entering MASTER STATE
  install 10.9.0.51/24 dev eth0
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any

from keepalived_py.config.ast import VirtualAddress, VrrpInstance
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
from keepalived_py.vrrp.events import AdvertisementReceived, DeadlineReached, Start
from keepalived_py.vrrp.machine import Instance
from keepalived_py.vrrp.possessions import describe
from keepalived_py.wire.vrrp import GROUP_IPV4, Advertisement, decode_ipv4, decode_ipv6, packet_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keepalived_py.config.ast import IPAddress, Microseconds
    from keepalived_py.vrrp.adverts import AdvertBuilder, Datagram
    from keepalived_py.vrrp.effects import Effect
    from keepalived_py.wire.vrrp import Packet

SECOND = 1_000_000
OWN = IPv4Address("10.0.0.5")
LOWER = IPv4Address("10.0.0.4")
HIGHER = IPv4Address("10.0.0.6")
VIP = IPv4Address("10.9.0.51")


def render(effect: Effect) -> str:
    match effect:
        case SendAdvertisement():
            number = f" number {effect.sequence}" if effect.sequence else ""
            return f"send {effect.instance} {effect.priority}{number}{' old checksum' if effect.group_checksum else ''}"
        case InstallAddresses():
            return f"install {_list(effect.addresses)}"
        case RemoveAddresses():
            return f"remove {_list(effect.addresses)}"
        case InstallRouting():
            return f"install {', '.join(map(describe, effect.items))}"
        case RemoveRouting():
            return f"remove {', '.join(map(describe, effect.items))}"
        case FilterAddresses():
            return f"{'filter' if effect.on else 'let pass'} {_list(effect.addresses)}"
        case RestoreInterface():
            return f"restore {effect.name}"
        case SendGratuitousArp():
            return f"arp {effect.interface} {effect.address}"
        case SendNeighbourAdvertisement():
            return f"advertise {effect.interface} {effect.address}"
        case RunScript():
            return f"run {effect.name}"
        case StopScript():
            return f"end {effect.name}"
        case Notify():
            return f"notify {effect.kind} {effect.name} {effect.state} {effect.priority}"
        case ReportState():
            return f"report {effect.kind} {effect.name} {effect.state} {effect.priority}"
        case StateChanged():
            return f"state {effect.instance} {effect.state.name}"
        case OpenSockets():
            return f"open {effect.instance}"
        case CloseSockets():
            return f"close {effect.instance}"
        case Log(detail=True):
            return f"detail {effect.text}"
        case Log():
            return f"log {effect.text}"
    raise AssertionError(effect)


def lines(effects: Iterable[Effect], *without: str) -> list[str]:
    """Effects as lines, without those that begin with one of the given words."""
    return [line for line in map(render, effects) if line.split(" ", 1)[0] not in without]


def _list(addresses: tuple[VirtualAddress, ...]) -> str:
    return ", ".join(f"{each.address}/{each.prefix_length} dev {each.interface}" for each in addresses)


def wanted(name: str = "V", *, priority: int = 100, router_id: int = 51, **settings: object) -> VrrpInstance:
    """A version 2 instance on eth0 with one address."""
    address = VirtualAddress(address=IPv4Address(f"10.9.0.{router_id}"), prefix_length=24, interface="eth0")
    base = VrrpInstance(
        name=name,
        interface="eth0",
        virtual_router_id=router_id,
        priority=priority,
        virtual_addresses=(address,),
        multicast_group=GROUP_IPV4,
    )
    return replace(base, **settings)


def machine(**settings: object) -> Instance:
    return Instance(wanted(**settings), source=OWN)  # type: ignore[arg-type]


def advert(priority: int, source: IPv4Address = HIGHER, *, of: VrrpInstance | None = None, **changes: object) -> Packet:
    """What an instance configured like ``of`` would hear from ``source``; ``changes`` falsify fields of the packet."""
    configuration = of or wanted()
    advertisement = Advertisement(
        version=configuration.version,
        virtual_router_id=configuration.virtual_router_id,
        priority=priority,
        addresses=tuple(address.address for address in configuration.virtual_addresses),
        interval=configuration.advert_int,
        authentication_type=int(configuration.authentication.type),
        authentication_data=configuration.authentication.password,
    )
    destination = OWN if configuration.unicast else GROUP_IPV4
    return replace(packet_of(advertisement, source=source, destination=destination), **changes)


def on_the_wire(builder: AdvertBuilder, source: IPAddress = HIGHER, **settings: Any) -> Packet:
    """What a receiver decodes of the first copy of an advert that ``builder`` makes; ``settings`` as in ``built``."""
    destination, data = built(builder, source, **settings)[0]
    if isinstance(source, IPv6Address) and isinstance(destination, IPv6Address):
        return decode_ipv6(data, source=source, destination=destination, hop_limit=builder.hop_limit or 255)
    return decode_ipv4(data)


def built(
    builder: AdvertBuilder,
    source: IPAddress = OWN,
    *,
    priority: int = 150,
    sequence: int = 0,
    group_checksum: bool = False,
    wall_clock: Microseconds = 0,
) -> list[Datagram]:
    """One logical advert, all its copies."""
    effect = SendAdvertisement(
        instance="V", priority=priority, source=source, sequence=sequence, group_checksum=group_checksum
    )
    return builder.build(effect, wall_clock)


def heard(instance: Instance, packet: Packet, now: Microseconds) -> list[Effect]:
    return instance.handle(AdvertisementReceived(packet=packet, interface="eth0"), now)


def started(now: Microseconds = 0, **settings: object) -> Instance:
    """An instance that has just become BACKUP."""
    instance = machine(**settings)
    instance.handle(Start(), now)
    return instance


def expire(instance: Instance) -> tuple[Microseconds, list[Effect]]:
    """Reach the instance's deadline: when that was, and what followed."""
    when = instance.deadline
    assert when is not None
    return when, instance.handle(DeadlineReached(), when)


def master(**settings: object) -> tuple[Instance, Microseconds]:
    """An instance that has just become MASTER, and when."""
    instance = started(**settings)
    when, _ = expire(instance)
    return instance, when
