"""Routes and policy rules as configured, in the kernel's terms.

Owns the way from the AST's nodes to what ``wire/route.py`` and ``wire/rule.py`` encode, and the question whether a message of the
kernel is about one of ours. Pure: asks the kernel nothing; interfaces and VRFs are looked up by functions it is given.
Source: reference/keywords-global-vrrp.tsv, "route line" and "rule line" rows; reference/vrrp-behaviour.md §10.
"""

from __future__ import annotations

import errno
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from keepalived_py.config.build.encapsulations import mpls_label
from keepalived_py.wire.encapsulation import IlaEncapsulation, IpEncapsulation, MplsEncapsulation
from keepalived_py.wire.ip import AF_INET, AF_INET6
from keepalived_py.wire.route import (
    METRICS,
    PROTOCOL_KEEPALIVED,
    RTAX_FEATURE_ECN,
    RTNH_F_ONLINK,
    RouteHop,
    RouteMessage,
)
from keepalived_py.wire.rule import (
    ACTION_BLACKHOLE,
    ACTION_GOTO,
    ACTION_NOP,
    ACTION_PROHIBIT,
    ACTION_TABLE,
    ACTION_UNREACHABLE,
    RuleMessage,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from keepalived_py.config.ast import IPAddress, NextHop, Prefix, Route, Rule
    from keepalived_py.wire.encapsulation import Encapsulation

    #: Gives the index of an interface, or the table of a VRF, by name. Raises OSError when there is none.
    Lookup = Callable[[str], int]

_ACTIONS: Final = {
    "table": ACTION_TABLE,
    "l3mdev": ACTION_TABLE,
    "goto": ACTION_GOTO,
    "nop": ACTION_NOP,
    "blackhole": ACTION_BLACKHOLE,
    "unreachable": ACTION_UNREACHABLE,
    "prohibit": ACTION_PROHIBIT,
}
_FULL_MASK: Final = 0xFFFFFFFF
#: What the kernel makes of an IPv6 route without metric.
_IPV6_METRIC: Final = 1024


def route_message(route: Route, interface_index: Lookup, vrf_table: Lookup) -> RouteMessage:
    """Return a route as the kernel is told of it. Raises OSError (ENODEV) when an interface or VRF of it does not exist."""
    metrics = [(metric.name, metric.value) for metric in route.metrics]
    lock = sum(1 << METRICS[metric.name] for metric in route.metrics if metric.locked)
    if route.congestion_control_locked:
        lock |= 1 << METRICS["congctl"]
    if route.explicit_congestion_notification:
        metrics.append(("features", RTAX_FEATURE_ECN))
    if lock:
        metrics.append(("lock", lock))
    return RouteMessage(
        family=_family(route.family),
        destination=_prefix(route.destination),
        source=_prefix(route.source),
        tos=route.tos or 0,
        table=route.table if route.vrf is None else vrf_table(route.vrf),
        protocol=PROTOCOL_KEEPALIVED if route.protocol is None else route.protocol,
        scope=route.scope or 0,
        type=route.type,
        flags=RTNH_F_ONLINK if route.onlink else 0,
        gateway=route.via,
        interface_index=0 if route.interface is None else interface_index(route.interface),
        preferred_source=route.preferred_source,
        priority=route.metric,
        realms=route.realms,
        expires=route.expires,
        metrics=tuple(metrics),
        congestion_control=route.congestion_control,
        preference=route.preference,
        ttl_propagate=route.ttl_propagate,
        encapsulation=encapsulation(route.encapsulation),
        hops=tuple(_hop(hop, interface_index) for hop in route.next_hops),
    )


def rule_message(rule: Rule) -> RuleMessage:
    """Return a rule as the kernel is told of it, and as it tells of it."""
    mark, mask = rule.mark, rule.mask
    if mask is None:
        # The kernel takes a mark of 0 without a mask for no mark at all.
        mark, mask = mark or None, _FULL_MASK
    elif not mark and not mask:
        mark, mask = None, _FULL_MASK
    return RuleMessage(
        family=_family(rule.family),
        action=_ACTIONS[rule.action],
        priority=rule.preference,
        table=rule.table,
        tos=rule.tos,
        invert=rule.invert,
        source=_prefix(rule.source),
        destination=_prefix(rule.destination),
        mark=mark,
        mask=mask,
        incoming_interface=rule.incoming_interface,
        outgoing_interface=rule.outgoing_interface,
        suppress_prefix_length=rule.suppress_prefix_length,
        suppress_group=rule.suppress_group,
        tunnel_id=rule.tunnel_id,
        uid_range=rule.uid_range,
        l3mdev=rule.action == "l3mdev",
        protocol=rule.protocol or 0,
        ip_protocol=rule.ip_protocol or 0,
        source_ports=rule.source_ports,
        destination_ports=rule.destination_ports,
        realms=rule.realms,
        target=rule.target,
    )


def encapsulation(words: tuple[str, ...]) -> Encapsulation | None:
    """Return what ``encap`` asks for; () is none. The words have been checked when they were read."""
    if not words:
        return None
    if words[0] == "mpls":
        return MplsEncapsulation(labels=tuple(mpls_label(label) for label in words[1].split("/")))
    if words[0] == "ila":
        return IlaEncapsulation(locator=b"".join(int(part, 16).to_bytes(2, "big") for part in words[1].split(":")))
    options = dict(zip(words[1::2], words[2::2], strict=True))
    tos = options.get("tos", options.get("tc"))
    ttl = options.get("ttl", options.get("hoplimit"))
    return IpEncapsulation(
        version=4 if words[0] == "ip" else 6,
        id=int(options["id"]) if "id" in options else None,
        destination=ip_address(options["dst"]) if "dst" in options else None,
        source=ip_address(options["src"]) if "src" in options else None,
        tos=None if tos is None else int(tos),
        ttl=None if ttl is None else int(ttl),
        flags=int(options["flags"]) if "flags" in options else None,
    )


def is_same_route(ours: RouteMessage, theirs: RouteMessage) -> bool:
    """Whether the kernel speaks of our route: its key, and the next hops as far as we name them."""
    if route_key(ours) != route_key(theirs):
        return False
    if ours.hops:
        return True  # IPv6 tells of each hop on its own
    if ours.gateway is not None and theirs.gateway != ours.gateway:
        return False
    return not (ours.interface_index and theirs.interface_index and theirs.interface_index != ours.interface_index)


def route_key(route: RouteMessage) -> tuple[object, ...]:
    """Return what tells routes of one origin apart, next hops aside."""
    default = 0 if route.family == AF_INET else _IPV6_METRIC
    address, length = route.destination if route.destination is not None else (None, 0)
    # A route to everything has no address, a route to host bits none of them.
    network = None if address is None or not length else int(address) >> (address.max_prefixlen - length)
    return (route.family, route.table, network, length, route.tos, route.priority or default, route.protocol)


def _hop(hop: NextHop, interface_index: Lookup) -> RouteHop:
    return RouteHop(
        gateway=hop.address,
        interface_index=0 if hop.interface is None else interface_index(hop.interface),
        weight=hop.weight or 1,
        flags=RTNH_F_ONLINK if hop.onlink else 0,
        realms=hop.realms,
        encapsulation=encapsulation(hop.encapsulation),
    )


def _prefix(prefix: Prefix | None) -> tuple[IPAddress, int] | None:
    return None if prefix is None or not prefix.length else (prefix.address, prefix.length)


def _family(version: int) -> int:
    return AF_INET if version == 4 else AF_INET6


def no_device(name: str) -> OSError:
    """Return the error for an interface that does not exist."""
    return OSError(errno.ENODEV, f"there is no interface {name}")
