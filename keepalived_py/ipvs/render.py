"""Text as ``ipvsadm`` writes it: the listing of ``ipvsadm -Ln``, and the command line that a change amounts to.

Pure. Source: ipvsadm 1.31's output, compared with it in the tests.
"""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from keepalived_py.ipvs.events import Operation
from keepalived_py.wire.ipvs import (
    FLAG_ONE_PACKET,
    FLAG_SCHED1,
    FLAG_SCHED2,
    FLAG_SCHED3,
    METHOD_DR,
    METHOD_LOCAL,
    METHOD_NAT,
    METHOD_TUN,
    TUNNEL_GUE,
    TUNNEL_IPIP,
)
from keepalived_py.wire.ipvs_control import SYNC_MASTER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keepalived_py.ipvs.events import Command
    from keepalived_py.runtime.messages import WantedService
    from keepalived_py.wire.ip import IPAddress
    from keepalived_py.wire.ipvs import Destination, Service, ServiceKey
    from keepalived_py.wire.ipvs_control import SyncDaemon

_TITLE = """\
IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
"""
_PROTOCOLS = {6: "TCP", 17: "UDP", 132: "SCTP"}
_PROTOCOL_OPTIONS = {6: "-t", 17: "-u", 132: "--sctp-service"}
_FORWARDING = {METHOD_NAT: "Masq", METHOD_LOCAL: "Local", METHOD_TUN: "Tunnel", METHOD_DR: "Route"}
_FORWARDING_OPTIONS = {METHOD_NAT: "-m", METHOD_LOCAL: "-g", METHOD_TUN: "-i", METHOD_DR: "-g"}
#: Schedulers whose flag bits have names of their own.
_FLAG_NAMES = {"sh": ("sh-fallback", "sh-port"), "mh": ("mh-fallback", "mh-port")}


def listing(services: Iterable[WantedService]) -> str:
    """Return what ``ipvsadm -Ln`` prints for these services, no connection counted."""
    lines = [_TITLE]
    for entry in sorted(services, key=lambda entry: _service_order(entry.service.key)):
        lines.append(f"{_service_title(entry.service)}\n")
        lines += (
            f"  -> {_socket(destination.address, destination.port):<28} "
            f"{_FORWARDING.get(destination.forwarding_method, '')!s:<7} {destination.weight:<6} {0:<10} {0:<10}\n"
            for destination in sorted(entry.destinations, key=lambda each: (int(each.address), each.port))
        )
    return "".join(lines)


def command_line(command: Command) -> str:
    """Return the arguments with which ``ipvsadm`` would do the same."""
    if command.daemon is not None:
        return _daemon_line(command.daemon, start=command.operation is Operation.STARTDAEMON)
    if command.key is None:
        return "ipvsadm -C"
    where = _service_option(command.key)
    match command.operation:
        case Operation.ADD | Operation.EDIT:
            letter = "A" if command.operation is Operation.ADD else "E"
            options = "" if command.service is None else _service_options(command.service)
            return f"ipvsadm -{letter} {where}{options}"
        case Operation.DEL:
            return f"ipvsadm -D {where}"
        case Operation.ADDDEST | Operation.EDITDEST | Operation.DELDEST:
            letter = {Operation.ADDDEST: "a", Operation.EDITDEST: "e", Operation.DELDEST: "d"}[command.operation]
            if command.destination is None:
                return f"ipvsadm -{letter} {where}"
            server = f" -r {_socket(command.destination.address, command.destination.port)}"
            options = "" if command.operation is Operation.DELDEST else _destination_options(command.destination)
            return f"ipvsadm -{letter} {where}{server}{options}"
        case _:
            return "ipvsadm -C"


def _daemon_line(daemon: SyncDaemon, *, start: bool) -> str:
    role = "master" if daemon.state == SYNC_MASTER else "backup"
    if not start:
        return f"ipvsadm --stop-daemon {role}"
    options = (
        ("sync-maxlen", daemon.maximum_length),
        ("mcast-group", daemon.group),
        ("mcast-port", daemon.port),
        ("mcast-ttl", daemon.ttl),
    )
    text = f"ipvsadm --start-daemon {role} --mcast-interface {daemon.interface} --syncid {daemon.sync_id}"
    return text + "".join(f" --{name} {value}" for name, value in options if value)


def _service_order(key: ServiceKey) -> tuple[int, int, int, int, int]:
    return (key.fwmark, key.family, key.protocol, 0 if key.address is None else int(key.address), key.port)


def _socket(address: IPAddress, port: int) -> str:
    return f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"


def _service_title(service: Service) -> str:
    if service.address is None:
        name = f"FWM  {service.fwmark}{' IPv6' if service.family == 6 else ''}"
    else:
        name = f"{_PROTOCOLS.get(service.protocol, '?'):<4} {_socket(service.address, service.port)}"
    flags = _scheduler_flags(service)
    text = f"{name} {service.scheduler}{f' ({flags})' if flags else ''}"
    if service.timeout:
        text += f" persistent {service.timeout}"
        if service.netmask_prefix is not None:
            text += f" mask {_mask(service)}"
        if service.persistence_engine:
            text += f" pe {service.persistence_engine}"
    return text + (" ops" if service.flags & FLAG_ONE_PACKET else "")


def _scheduler_flags(service: Service) -> str:
    first, second = _FLAG_NAMES.get(service.scheduler, ("flag-1", "flag-2"))
    names = ((FLAG_SCHED1, first), (FLAG_SCHED2, second), (FLAG_SCHED3, "flag-3"))
    return ",".join(name for bit, name in names if service.flags & bit)


def _mask(service: Service) -> str:
    if service.family == 6:
        return str(service.netmask_prefix)
    return str(IPv4Network((0, service.netmask_prefix)).netmask)


def _service_option(key: ServiceKey) -> str:
    if key.address is None:
        return f"-f {key.fwmark}{' -6' if key.family == 6 else ''}"
    return f"{_PROTOCOL_OPTIONS.get(key.protocol, '-?')} {_socket(key.address, key.port)}"


def _service_options(service: Service) -> str:
    text = f" -s {service.scheduler}"
    if service.timeout:
        text += f" -p {service.timeout}"
        if service.netmask_prefix is not None:
            text += f" -M {_mask(service)}"
        if service.persistence_engine:
            text += f" --pe {service.persistence_engine}"
    if service.flags & FLAG_ONE_PACKET:
        text += " -o"
    flags = _scheduler_flags(service)
    return text + (f" -b {flags}" if flags else "")


def _destination_options(destination: Destination) -> str:
    text = f" {_FORWARDING_OPTIONS.get(destination.forwarding_method, '-?')} -w {destination.weight}"
    if destination.tunnel_type != TUNNEL_IPIP:
        text += f" --tun-type {'gue' if destination.tunnel_type == TUNNEL_GUE else 'gre'}"
        text += f" --tun-port {destination.tunnel_port}" if destination.tunnel_port else ""
        text += ("", " --tun-csum", " --tun-remcsum")[destination.tunnel_flags]
    if destination.upper_threshold:
        text += f" -x {destination.upper_threshold}"
    if destination.lower_threshold:
        text += f" -y {destination.lower_threshold}"
    return text
