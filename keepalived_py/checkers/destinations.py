"""From a virtual server of the configuration to the kernel's services and destinations. Pure translation.

Source: reference/ipvs.md §3 and §4, reference/checker-behaviour.md §2 (ports) and §13 (groups).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from keepalived_py.config.ast import ForwardingMethod, RealServer, SorryServer
from keepalived_py.wire.ipvs import (
    FLAG_ONE_PACKET,
    TUNNEL_GRE,
    TUNNEL_GUE,
    TUNNEL_IPIP,
    Destination,
    Service,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.config.ast import IPAddress, VirtualServer, VirtualServerGroup

#: Whoever can be in a service.
Server: TypeAlias = RealServer | SorryServer

_MAX_WEIGHT = 2**31 - 1
#: A sorry server's weight cannot be configured.
SORRY_SERVER_WEIGHT = 1

_TUNNEL_TYPES: Final = {"ipip": TUNNEL_IPIP, "gue": TUNNEL_GUE, "gre": TUNNEL_GRE}
_TUNNEL_FLAGS: Final = {"nocsum": 0, "csum": 1, "remcsum": 2}


def kernel_weight(weight: int) -> int:
    """Return an effective weight as the kernel takes it: negative is 0, too large is the largest."""
    return min(max(weight, 0), _MAX_WEIGHT)


def services_of(virtual_server: VirtualServer, group: VirtualServerGroup | None = None) -> tuple[Service, ...]:
    """Return the kernel's services for a virtual server: one, or those of its ``group``, each once.

    Every address of a group is a service with the virtual server's protocol, whatever its family; a mark without a family of its
    own has the virtual server's.
    """
    key = virtual_server.key
    if group is None:
        return (_service(virtual_server, key.family, key.address, key.port, key.fwmark),)
    services = [
        _service(virtual_server, address.version, address, entry.port, 0)
        for entry in group.ranges
        for address in _addresses(entry.first, entry.last)
    ]
    services += (_service(virtual_server, entry.family or key.family, None, 0, entry.mark) for entry in group.marks)
    return tuple({service.key: service for service in services}.values())


def _addresses(first: IPAddress, last: IPAddress) -> Iterator[IPAddress]:
    for number in range(int(first), int(last) + 1):
        yield first.__class__(number)


def _service(virtual_server: VirtualServer, family: int, address: IPAddress | None, port: int, fwmark: int) -> Service:
    granularity = virtual_server.persistence_granularity
    persistent = virtual_server.persistence_timeout > 0
    return Service(
        family=family,
        protocol=0 if fwmark else virtual_server.key.protocol,
        address=None if fwmark else address,
        port=0 if fwmark else port,
        fwmark=fwmark,
        scheduler=virtual_server.scheduler,
        flags=virtual_server.scheduler_flags | (FLAG_ONE_PACKET if virtual_server.one_packet else 0),
        timeout=virtual_server.persistence_timeout,
        netmask_prefix=granularity.prefix_length if persistent and granularity is not None else None,
        persistence_engine=virtual_server.persistence_engine if persistent else None,
    )


def destination_of(service_port: int, server: Server, weight: int) -> Destination:
    """Return the kernel's destination for a server in a service with this port (0: a mark); only NAT keeps a port of its own."""
    thresholds = (server.upper_threshold, server.lower_threshold) if isinstance(server, RealServer) else (0, 0)
    tunnelled = server.lvs_method is ForwardingMethod.TUN
    tunnel = server.tunnel
    return Destination(
        family=server.address.version,
        address=server.address,
        port=server.port if server.lvs_method is ForwardingMethod.NAT else service_port,
        forwarding_method=server.lvs_method,
        weight=kernel_weight(weight),
        upper_threshold=thresholds[0],
        lower_threshold=thresholds[1],
        tunnel_type=_TUNNEL_TYPES[tunnel.type] if tunnelled else TUNNEL_IPIP,
        tunnel_port=tunnel.port if tunnelled else 0,
        tunnel_flags=_TUNNEL_FLAGS[tunnel.checksum] if tunnelled else 0,
    )
