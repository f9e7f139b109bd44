"""From a virtual server of the configuration to the kernel's service and destinations. Pure translation.

Source: reference/ipvs.md §3 and §4, reference/checker-behaviour.md §2 (ports).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.config.ast import ForwardingMethod, RealServer
from keepalived_py.wire.ipvs import FLAG_ONE_PACKET, Destination, Service

if TYPE_CHECKING:
    from keepalived_py.config.ast import SorryServer, VirtualServer

_MAX_WEIGHT = 2**31 - 1
#: A sorry server's weight cannot be configured.
SORRY_SERVER_WEIGHT = 1


def kernel_weight(weight: int) -> int:
    """Return an effective weight as the kernel takes it: negative is 0, too large is the largest."""
    return min(max(weight, 0), _MAX_WEIGHT)


def service_of(virtual_server: VirtualServer) -> Service:
    """Return the kernel's service for a virtual server."""
    key = virtual_server.key
    granularity = virtual_server.persistence_granularity
    persistent = virtual_server.persistence_timeout > 0
    return Service(
        family=key.family,
        protocol=0 if key.fwmark else key.protocol,
        address=None if key.fwmark else key.address,
        port=0 if key.fwmark else key.port,
        fwmark=key.fwmark,
        scheduler=virtual_server.scheduler,
        flags=virtual_server.scheduler_flags | (FLAG_ONE_PACKET if virtual_server.one_packet else 0),
        timeout=virtual_server.persistence_timeout,
        netmask_prefix=granularity.prefix_length if persistent and granularity is not None else None,
        persistence_engine=virtual_server.persistence_engine if persistent else None,
    )


def destination_of(virtual_server: VirtualServer, server: RealServer | SorryServer, weight: int) -> Destination:
    """Return the kernel's destination for a real or sorry server; only NAT keeps a port of its own."""
    key = virtual_server.key
    service_port = 0 if key.fwmark else key.port
    thresholds = (server.upper_threshold, server.lower_threshold) if isinstance(server, RealServer) else (0, 0)
    return Destination(
        family=server.address.version,
        address=server.address,
        port=server.port if server.lvs_method is ForwardingMethod.NAT else service_port,
        forwarding_method=server.lvs_method,
        weight=kernel_weight(weight),
        upper_threshold=thresholds[0],
        lower_threshold=thresholds[1],
    )
