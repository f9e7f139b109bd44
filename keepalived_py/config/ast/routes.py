"""Routes and policy rules: ``virtual_routes``, ``virtual_rules``, ``static_routes``, ``static_rules``.

Numbers are the kernel's (linux/rtnetlink.h, linux/fib_rules.h). Source: reference/keywords-global-vrrp.tsv, "route line" and
"rule line" rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keepalived_py.config.ast.common import IPAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefix:
    """An address with a length, host bits as written."""

    address: IPAddress
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteMetric:
    """``mtu``, ``rtt`` and their like. Times are in the kernel's units: 1/8 ms (rtt), 1/4 ms (rttvar), 1 ms (rto_min)."""

    name: str
    value: int
    locked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NextHop:
    """One ``nexthop`` of a route. ``weight`` is 1 to 256."""

    address: IPAddress | None = None
    interface: str | None = None
    weight: int | None = None
    onlink: bool = False
    realms: int = 0
    encapsulation: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One route. ``mode`` is prepend, add or append; ``realms`` has FROM in the upper 16 bits; ``encapsulation`` is as written."""

    destination: Prefix
    family: int = 4
    mode: str = "prepend"
    type: int = 1
    source: Prefix | None = None
    preferred_source: IPAddress | None = None
    tos: int | None = None
    encapsulation: tuple[str, ...] = ()
    via: IPAddress | None = None
    interface: str | None = None
    table: int = 254
    #: The VRF whose table it goes to, instead of ``table``.
    vrf: str | None = None
    protocol: int | None = None
    scope: int | None = None
    metric: int | None = None
    onlink: bool = False
    realms: int = 0
    expires: int | None = None
    congestion_control: str | None = None
    congestion_control_locked: bool = False
    metrics: tuple[RouteMetric, ...] = ()
    explicit_congestion_notification: bool = False
    preference: int | None = None
    ttl_propagate: bool | None = None
    next_hops: tuple[NextHop, ...] = ()
    no_track: bool = False
    track_group: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One policy rule. ``action`` is table, l3mdev, goto, nop, blackhole, unreachable or prohibit."""

    action: str
    family: int = 4
    invert: bool = False
    source: Prefix | None = None
    destination: Prefix | None = None
    preference: int = 0
    tos: int = 0
    mark: int | None = None
    mask: int | None = None
    incoming_interface: str | None = None
    outgoing_interface: str | None = None
    suppress_prefix_length: int | None = None
    suppress_group: int | None = None
    tunnel_id: int = 0
    uid_range: tuple[int, int] | None = None
    protocol: int | None = None
    ip_protocol: int | None = None
    source_ports: tuple[int, int] | None = None
    destination_ports: tuple[int, int] | None = None
    realms: int = 0
    table: int = 0
    target: int = 0
    no_track: bool = False
    track_group: str | None = None
