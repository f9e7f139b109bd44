"""Single lines of the VRRP sections: addresses, routes, rules, tracked things, notify scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from keepalived_py.config.build.rttables import SCOPES, TYPES
from keepalived_py.config.dump.text import address_text, owned_command, prefix_text, rounded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.config.ast import (
        NextHop,
        NotifyScripts,
        Prefix,
        Route,
        RouteMetric,
        Rule,
        SyncGroup,
        VirtualAddress,
        VrrpInstance,
    )

_SCOPE_NAMES: Final = {number: name for name, number in SCOPES.items() if name != "universe"}
_TYPE_NAMES: Final = {number: name for name, number in TYPES.items() if name != "brd"}
_FLAGS: Final = ("home", "-nodad", "mngtmpaddr", "noprefixroute", "autojoin")
_UNICAST: Final = 1
_MAIN_TABLE: Final = 254
_FULL_MASK: Final = 0xFFFFFFFF
#: Kernel units in a millisecond of the metrics that are times.
_TIMES: Final = {"rtt": 8, "rttvar": 4, "rto_min": 1}
_PREFERENCES: Final = {3: "low", 0: "medium", 1: "high"}
#: How much of a route stands on the first line of a log, and on each further one.
_FIRST_LINE: Final = 250
_NEXT_LINE: Final = 248

_NOTIFY: Final = {
    "backup": "Backup",
    "master": "Master",
    "fault": "Fault",
    "stop": "Stop",
    "deleted": "Deleted",
    "generic": "Generic",
    "master_rx_lower_pri": "Master rx lower pri",
}


def address_line(address: VirtualAddress) -> str:
    """Write one address of an instance, or a static one."""
    words = [prefix_text(address.address, address.prefix_length)]
    if address.broadcast is not None:
        words.append(f"brd {address_text(address.broadcast)}")
    base = f"@{address.base_interface}" if address.base_interface else ""
    words.append(f"dev {address.interface}{base}")
    if address.use_vmac:
        words.append("use_vmac")
    words.append(f"scope {_SCOPE_NAMES.get(address.scope, address.scope)}")
    if address.label:
        words.append(f"label {address.label}")
    if address.peer is not None:
        words.append(f"peer {address_text(address.peer)}/{address.prefix_length}")
    words += [flag for flag in _FLAGS if flag in address.flags]
    if address.no_track:
        words.append("no_track")
    if address.track_group is not None:
        words.append(f"track_group {address.track_group}")
    if address.address.version == 6:
        lifetime = address.preferred_lifetime
        words.append("deprecated" if lifetime == 0 else f"preferred_lft {'forever' if lifetime is None else lifetime}")
    return f"     {' '.join(words)}"


def route_lines(route: Route) -> Iterator[str]:
    """Write one route; when it is long, its end stands once more on lines of its own, as in the reference's log."""
    text = " ".join(_route_words(route))
    yield f"     {text}"
    for start in range(_FIRST_LINE, len(text), _NEXT_LINE):
        yield f"      {text[start:]}"


def _prefix(prefix: Prefix) -> str:
    return prefix_text(prefix.address, prefix.length)


def _route_words(route: Route) -> Iterator[str]:
    yield route.mode
    if route.type != _UNICAST:
        yield _TYPE_NAMES.get(route.type, str(route.type))
    yield _prefix(route.destination)
    if route.source is not None:
        yield f"from {_prefix(route.source)}"
    if route.preferred_source is not None:
        yield f"src {address_text(route.preferred_source)}"
    if route.tos is not None:
        yield f"tos {route.tos}"
    if route.encapsulation:
        yield f"encap {' '.join(route.encapsulation)}"
    if route.via is not None:
        yield f"via {'inet6' if route.via.version == 6 else 'inet'} {address_text(route.via)}"
    if route.interface is not None:
        yield f"dev {route.interface}"
    if route.table != _MAIN_TABLE:
        yield f"table {route.table}"
    for word, number in (("proto", route.protocol), ("scope", route.scope), ("metric", route.metric)):
        if number is not None:
            yield f"{word} {number}"
    if route.onlink and route.family == 4:
        yield "onlink"
    if route.realms:
        yield _realms(route.realms)
    if route.expires is not None:
        yield f"expires {route.expires}sec"
    if route.congestion_control is not None:
        yield f"congctl {route.congestion_control}{'lock ' if route.congestion_control_locked else ''}"
    yield from _metric_words(route)
    yield from (_next_hop(hop) for hop in route.next_hops)
    if route.no_track:
        yield "no_track"
    if route.track_group is not None:
        yield f"track_group {route.track_group}"


def _realms(realms: int) -> str:
    upper, lower = realms >> 16, realms & 0xFFFF
    return f"realms {upper}/{lower}" if upper else f"realm {lower}"


def _metric_words(route: Route) -> Iterator[str]:
    metrics = {metric.name: metric for metric in route.metrics}
    yield from (_time(metrics[name]) for name in _TIMES if name in metrics)
    if route.explicit_congestion_notification:
        yield "features ecn"
    plain = (
        "mtu",
        "window",
        "ssthresh",
        "cwnd",
        "advmss",
        "reordering",
        "hoplimit",
        "initcwnd",
        "initrwnd",
        "quickack",
    )
    for name in plain:
        if name in metrics:
            yield f"{name} {'lock ' if metrics[name].locked else ''}{metrics[name].value}"
    if route.preference is not None:
        yield f"pref {_PREFERENCES.get(route.preference, 'unknown')}"
    if "fastopen_no_cookie" in metrics:
        yield f"fastopen_no_cookie {metrics['fastopen_no_cookie'].value}"
    if route.ttl_propagate is not None:
        yield f"ttl-propagate {'en' if route.ttl_propagate else 'dis'}abled"


def _time(metric: RouteMetric) -> str:
    units = _TIMES[metric.name]
    lock = " lock" if metric.locked else ""
    if metric.value >= 1000 * units:
        return f"{metric.name}{lock} {rounded(metric.value / (1000 * units))}s"
    return f"{metric.name}{lock} {rounded(metric.value / units)}ms"


def _next_hop(hop: NextHop) -> str:
    words = ["nexthop"]
    if hop.address is not None:
        words.append(f"via inet{'6' if hop.address.version == 6 else ''} {address_text(hop.address)}")
    if hop.interface is not None:
        words.append(f"dev {hop.interface}")
    if hop.weight is not None:
        words.append(f"weight {hop.weight}")
    if hop.onlink:
        words.append("onlink")
    if hop.realms:
        words.append(_realms(hop.realms))
    if hop.encapsulation:
        words.append(f"encap {' '.join(hop.encapsulation)}")
    return " ".join(words)


def rule_line(rule: Rule) -> str:
    """Write one policy rule."""
    return f"     {' '.join(_rule_words(rule))}"


def _rule_words(rule: Rule) -> Iterator[str]:
    if rule.source is None and rule.destination is None and rule.family == 6:
        yield "inet6"
    if rule.invert:
        yield "not"
    yield "from all" if rule.source is None else f"from {_prefix(rule.source)}"
    if rule.destination is not None:
        yield f"to {_prefix(rule.destination)}"
    yield f"priority {rule.preference}"
    yield f"tos 0x{rule.tos:x}"
    if rule.mark is not None:
        mask = "" if rule.mask is None or rule.mask == _FULL_MASK else f"/0x{rule.mask:x}"
        yield f"fwmark 0x{rule.mark:x}{mask}"
    if rule.incoming_interface is not None:
        yield f"iif {rule.incoming_interface}"
    if rule.outgoing_interface is not None:
        yield f"oif {rule.outgoing_interface}"
    yield from _rule_options(rule)
    if rule.action in {"table", "l3mdev"}:
        yield f"lookup {rule.table}"
    elif rule.action == "goto":
        yield f"goto {rule.target}"
    else:
        yield "nop" if rule.action == "nop" else f"type {rule.action}"
    if rule.no_track:
        yield "no_track"
    if rule.track_group is not None:
        yield f"track_group {rule.track_group}"


def _rule_options(rule: Rule) -> Iterator[str]:
    if rule.suppress_prefix_length is not None:
        yield f"suppress_prefixlen {rule.suppress_prefix_length}"
    if rule.suppress_group is not None:
        yield f"suppress_ifgroup {rule.suppress_group}"
    if rule.tunnel_id:
        yield f"tunnel-id {rule.tunnel_id}"
    if rule.uid_range is not None:
        yield f"uidrange {rule.uid_range[0]}-{rule.uid_range[1]}"
    if rule.action == "l3mdev":
        yield "l3mdev"
    if rule.protocol is not None:
        yield f"protocol {rule.protocol}"
    if rule.ip_protocol is not None:
        yield f"ipproto {rule.ip_protocol}"
    if rule.source_ports is not None:
        yield f"sport {rule.source_ports[0]}-{rule.source_ports[1]}"
    if rule.destination_ports is not None:
        yield f"dport {rule.destination_ports[0]}-{rule.destination_ports[1]}"
    if rule.realms:
        yield f"realms {rule.realms >> 16}/{rule.realms & 0xFFFF}"


def tracked_lines(owner: VrrpInstance | SyncGroup, *, processes: str) -> Iterator[str]:
    """Write what an instance or group tracks; ``processes`` is what it calls processes there."""
    for label, tracked, mark in (
        ("interfaces", owner.track_interfaces, ""),
        ("scripts", owner.track_scripts, ""),
        ("files", owner.track_files, ","),
        (processes, owner.track_processes, ","),
        ("BFDs", owner.track_bfds, ":"),
    ):
        if tracked:
            yield f"   Tracked {label} :"
            for one in tracked:
                yield f"     {one.name}{mark} weight {one.weight}{' reverse' if one.reverse else ''}"


def notify_lines(notify: NotifyScripts) -> Iterator[str]:
    """Write the scripts of an instance or group."""
    for field, label in _NOTIFY.items():
        command = getattr(notify, field)
        if command is not None:
            yield f"   {label} state transition script = {owned_command(command)}"
