"""Lines of routes (``virtual_routes``, ``static_routes``): read and checked as keepalived does.

Source: reference/keywords-global-vrrp.tsv, "route line" rows.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any, Final, TypeVar

from keepalived_py.config.ast import NextHop, Prefix, Route, RouteMetric
from keepalived_py.config.build import numbers
from keepalived_py.config.build.context import parse_address
from keepalived_py.config.build.encapsulations import read_encapsulation
from keepalived_py.config.build.lines import interface_exists, parse_prefix
from keepalived_py.config.build.rttables import TYPES, lookup, number, realms

if TYPE_CHECKING:
    from collections.abc import Callable

    from keepalived_py.config.ast import IPAddress
    from keepalived_py.config.build.context import Context
    from keepalived_py.config.build.drafts import Drafts
    from keepalived_py.config.tree import Block

_U32: Final = 4294967295
_KEEPALIVED: Final = {"18", "keepalived"}
_MILLISECONDS: Final = (200, 120_000)

#: Options with a whole number: the largest value, whether "lock" may precede it, and what is wrong otherwise.
_NUMBERS: Final[dict[str, tuple[int, bool, str]]] = {
    "metric": (_U32, False, "Invalid metric {} specified for route"),
    "priority": (_U32, False, "Invalid metric {} specified for route"),
    "preference": (_U32, False, "Invalid metric {} specified for route"),
    "mtu": (_U32, True, "Invalid MTU {} specified for route"),
    "hoplimit": (255, False, "Invalid hoplimit {} specified for route"),
    "advmss": (_U32, True, "Invalid advmss {} specified for route"),
    "reordering": (_U32, True, "Invalid reordering value {} specified for route"),
    "window": (_U32, False, "Invalid window value {} specified for route"),
    "cwnd": (_U32, True, "Invalid cwnd value {} specified for route"),
    "ssthresh": (_U32, True, "Invalid ssthresh value {} specified for route"),
    "initcwnd": (_U32, False, "Invalid initcwnd value {} specified for route"),
    "initrwnd": (_U32, False, "Invalid initrwnd value {} specified for route"),
    "quickack": (1, False, "Invalid quickack value {} specified for route"),
    "fastopen_no_cookie": (1, False, "Invalid fastopen_no_cookie value {} specified for route"),
}

#: Options with a time: raw units in a millisecond, what the limits' messages call it, and what is wrong otherwise.
_TIMES: Final[dict[str, tuple[int, str, str]]] = {
    "rtt": (8, "rtt", "Invalid rtt {} for route"),
    "rttvar": (4, "rtt", "Invalid rttvar {} for route"),
    "rto_min": (1, "rto", "Invalid rto_min value {} specified for route"),
}

#: Options with a name or number from one of iproute2's files.
_NAMED: Final[dict[str, tuple[str, str]]] = {
    "tos": ("rt_dsfield", "TOS value {} is invalid"),
    "dsfield": ("rt_dsfield", "TOS value {} is invalid"),
    "table": ("rt_tables", "Routing table {} not found for route"),
    "protocol": ("rt_protos", "Protocol {} not found or invalid for route"),
    "scope": ("rt_scopes", "Scope {} not found or invalid for route"),
}

#: Where the values of _NAMED go.
_NAMED_FIELDS: Final = {"tos": "tos", "dsfield": "tos", "table": "table", "protocol": "protocol", "scope": "scope"}

_METRICS: Final = frozenset({"metric", "priority", "preference"})
_RTPROT_KEEPALIVED: Final = 18
_PREFERENCES: Final = {"low": 3, "medium": 0, "high": 1}

_Kept = TypeVar("_Kept")

_FLAGS: Final = frozenset({"onlink", "add", "prepend", "append", "no_track"})


class DroppedError(Exception):
    """The line is dropped; ``args[0]``, unless empty, is why."""


class Line:
    """A line of options while it is read: its words, the place in them, and the address family known so far."""

    def __init__(self, context: Context, drafts: Drafts, words: list[str], *, static: bool = False) -> None:
        self.context = context
        #: Whether it may name a track_group.
        self.static = static
        self.drafts = drafts
        self.words = words
        self.at = 0
        self.family = 0
        #: The fields of what the line makes.
        self.values: dict[str, Any] = {}
        self.metrics: dict[str, RouteMetric] = {}

    def next(self) -> str:
        """Give the word after the current one, which becomes the current one. A missing one ends keepalived's reading."""
        self.at += 1
        return self.context.word(self.words, self.at)

    def join(self, family: int, message: str) -> None:
        """Take part in a family, or drop the line."""
        if not family:
            return
        if self.family and self.family != family:
            raise DroppedError(message)
        self.family = family

    def address(self, text: str, problem: str) -> IPAddress:
        """Read an address without a length."""
        address = parse_address(text)
        if address is None:
            self.context.error(f"VRRP parsed invalid IP {text}. skipping IP...")
            raise DroppedError(problem.format(text))
        return address

    def destination(self, text: str, problem: str) -> tuple[int, Prefix | None]:
        """Read ``ADDRESS[/LENGTH]`` or a word for all addresses (then None): its family (0 when it says nothing) and itself."""
        if text in {"default", "any", "all"}:
            return 0, None
        if text == "default6":
            return 6, None
        parsed = parse_prefix(self.context, text)
        if parsed is None:
            raise DroppedError(problem.format(text))
        return parsed[0].version, Prefix(address=parsed[0], length=parsed[1])

    def family_word(self, word: str, what: str) -> None:
        """``inet`` or ``inet6``; the reference then swallows a word."""
        family = 6 if word == "inet6" else 4
        self.join(family, f"{word} specified for IPv{4 if family == 6 else 6} {what}")
        self.at += 1


def everything(family: int) -> Prefix:
    """Give the prefix that holds all addresses of a family."""
    return Prefix(address=IPv6Address(0) if family == 6 else IPv4Address(0), length=0)


def read_lines(
    context: Context, drafts: Drafts, block: Block, read: Callable[[Line], _Kept], *, static: bool
) -> list[_Kept]:
    """Read each line of a block with a function: what is kept."""
    kept = []
    for item in block.entries:
        context.at(item.line)
        try:
            kept.append(read(Line(context, drafts, item.words, static=static)))
        except DroppedError as dropped:
            if dropped.args[0]:
                context.error(dropped.args[0])
    return kept


def read_routes(context: Context, drafts: Drafts, block: Block, *, static: bool = False) -> list[Route]:
    """Read a block of routes."""
    return read_lines(context, drafts, block, _route, static=static)


def _route(line: Line) -> Route:
    context = line.context
    values = line.values
    alternatives: list[NextHop] = []
    while line.at < len(line.words):
        word = line.words[line.at]
        if word in {"inet", "inet6"}:
            line.family_word(word, "route")
        elif word in {"via", "gw"}:
            _via(line, word)
        elif word == "or":
            context.error('"or" for routes is deprecated. Please use "nexthop"')
            if alternatives:
                context.error('"or" route already specified - ignoring subsequent')
                line.at += 2
                continue
            first = NextHop(address=values.pop("via", None))
            alternatives = [first, NextHop(address=line.address(line.next(), 'Invalid "or" address {}'))]
        elif word == "nexthop":
            if alternatives:
                context.error('Cannot specify nexthops with "or" route')
            else:
                alternatives = read_next_hops(line)
            break
        elif word == "encap":
            values["encapsulation"] = read_encapsulation(line)
            continue
        elif word in _FLAGS:
            _flag(values, word)
        elif not _option(line, word):
            _destination(line, word)
        line.at += 1
    if "destination" not in values:
        raise DroppedError("Route must have a destination")
    return _finished(line, alternatives)


def _finished(line: Line, next_hops: list[NextHop]) -> Route:
    values = line.values
    if not values.get("no_track"):
        if values.get("protocol", _RTPROT_KEEPALIVED) != _RTPROT_KEEPALIVED:
            line.context.error("Route cannot be tracked if protocol is not RTPROT_KEEPALIVED(18), resetting protocol")
        values["protocol"] = _RTPROT_KEEPALIVED
    family = line.family or 4
    if values["destination"] is None:
        values["destination"] = everything(family)
    if "track_group" in values and "interface" not in values:
        line.context.error("Static route cannot have track group if no oif specified")
        del values["track_group"]
    return Route(family=family, metrics=tuple(line.metrics.values()), next_hops=tuple(next_hops), **values)


def _flag(values: dict[str, Any], word: str) -> None:
    if word in {"onlink", "no_track"}:
        values[word] = True
    else:
        values["mode"] = word


def _destination(line: Line, word: str) -> None:
    if word == "to":
        line.at += 1
    kind = number(TYPES, word, 255)
    if kind is not None:
        line.values["type"] = kind
        line.at += 1
    text = line.context.word(line.words, line.at)
    family, prefix = line.destination(text, "unknown route keyword {}")
    line.join(family, f"Cannot mix IPv4 and IPv6 addresses for route ({text})")
    line.values["destination"] = prefix


def _via(line: Line, word: str) -> None:
    if word == "gw":
        line.context.error('"gw" for routes is deprecated. Please use "via"')
    text = line.next()
    mixed = "Cannot mix IPv4 and IPv6 addresses for route"
    if text in {"inet", "inet6"}:
        line.join(6 if text == "inet6" else 4, mixed)
        text = line.next()
    address = line.address(text, "invalid route via address {}")
    line.join(address.version, mixed)
    line.values["via"] = address


def read_next_hops(line: Line) -> list[NextHop]:
    """Read ``nexthop ...`` to the end of the line; a mistake ends the reading, the hops before it stay."""
    hops: list[NextHop] = []
    try:
        while line.at < len(line.words) and line.words[line.at] == "nexthop":
            line.at += 1
            hops.append(_next_hop(line))
        if line.at < len(line.words):
            line.context.error(f"Route has trailing nonsense after nexthops - {line.words[line.at]}")
    except DroppedError as dropped:
        if dropped.args[0]:
            line.context.error(dropped.args[0])
    return hops


def _next_hop(line: Line) -> NextHop:
    context = line.context
    values: dict[str, Any] = {}
    while line.at < len(line.words):
        match line.words[line.at]:
            case "via":
                text = line.next()
                if text in {"inet", "inet6"}:
                    line.join(6 if text == "inet6" else 4, "IPv4/6 mismatch for nexthop")
                    text = line.next()
                values["address"] = address = line.address(text, "invalid nexthop address {}")
                line.join(address.version, "Address family mismatch for next hop")
            case "dev":
                values["interface"] = name = line.next()
                if not interface_exists(context, line.drafts, name):
                    raise DroppedError(f"WARNING - interface {name} for VROUTE nexthop doesn't exist")
            case "weight":
                text = line.next()
                values["weight"] = weight = context.unsigned(text, 0, 256)
                if not weight:
                    raise DroppedError(f"Invalid weight {text} specified for route")
            case "onlink":
                values["onlink"] = True
            case "encap":
                values["encapsulation"] = read_encapsulation(line)
                continue
            case "realms":
                text = line.next()
                found = realms(context, text)
                if found is None:
                    raise DroppedError(f"Invalid realms {text} for route")
                line.join(4, "realms are only supported for IPv4")
                values["realms"] = found
            case "as":
                raise DroppedError("'as [to]' (nat) not supported")
            case _:
                break
        line.at += 1
    return NextHop(**values)


def _option(line: Line, word: str) -> bool:
    """Read an option and its value; False when it is none."""
    context = line.context
    values = line.values
    if word in _NUMBERS:
        _number(line, word)
    elif word in _TIMES:
        _time(line, word, *_TIMES[word])
    elif word in _NAMED:
        file, problem = _NAMED[word]
        value = line.next()
        found = lookup(context, file, value)
        if found is None:
            raise DroppedError(problem.format(value))
        values[_NAMED_FIELDS[word]] = found
    elif word == "src":
        mixed = "Cannot mix IPv4 and IPv6 addresses for route"
        address = line.address(line.next(), "invalid route src address {}")
        line.join(address.version, mixed)
        values["preferred_source"] = address
    elif word == "from":
        value = line.next()
        family, prefix = line.destination(value, "invalid route from address {}")
        if family != 6:
            raise DroppedError(f"route from address only supported with IPv6 ({value})")
        line.join(6, "Cannot mix IPv4 and IPv6 addresses for route")
        values["source"] = prefix or everything(6)
    elif word in {"dev", "oif"}:
        value = line.next()
        if not interface_exists(context, line.drafts, value):
            raise DroppedError(f"WARNING - interface {value} for VROUTE nexthop doesn't exist")
        values["interface"] = value
    else:
        return _rare_option(line, word)
    return True


def _number(line: Line, word: str) -> None:
    high, lockable, problem = _NUMBERS[word]
    value = line.next()
    locked = lockable and value == "lock"
    if locked:
        value = line.next()
    read = line.context.unsigned(value, 0, high)
    if read is None:
        raise DroppedError(problem.format(value))
    if word in _METRICS:
        line.values["metric"] = read
    else:
        line.metrics[word] = RouteMetric(name=word, value=read, locked=locked)


def _rare_option(line: Line, word: str) -> bool:
    context = line.context
    values = line.values
    match word:
        case "as":
            if line.next() == "to":
                line.at += 1
            context.error('"as to" for MPLS only - ignoring')
        case "expires" | "pref":
            line.join(6, f"{word} is only valid for IPv6")
            value = line.next()
            if word == "expires":
                values["expires"] = context.unsigned(value, 0, _U32)
                if values["expires"] is None:
                    raise DroppedError(f"Invalid expires time {value} specified for route")
            else:
                found = _PREFERENCES.get(value)
                values["preference"] = context.unsigned(value, 0, 255) if found is None else found
                if values["preference"] is None:
                    raise DroppedError(f"Invalid pref value {value} specified for route")
        case "realms":
            value = line.next()
            found = realms(context, value)
            if found is None:
                raise DroppedError(f"Invalid realms {value} for route")
            line.join(4, "realms are only valid for IPv4")
            values["realms"] = found
        case _:
            return _rarer_option(line, word)
    return True


def _rarer_option(line: Line, word: str) -> bool:
    context = line.context
    values = line.values
    match word:
        case "features":
            value = line.next()
            if value != "ecn":
                context.error(f"feature {value} not supported")
            else:
                values["explicit_congestion_notification"] = True
        case "congctl":
            value = line.next()
            if value == "lock":
                values["congestion_control_locked"] = True
                value = line.next()
            values["congestion_control"] = value
        case "ttl-propagate":
            value = line.next()
            if value not in {"enabled", "disabled"}:
                context.error(f"ttl-propagate value {value} not recognised")
            values["ttl_propagate"] = value == "enabled"
        case "track_group" if line.static:
            value = line.next()
            if "track_group" in values:
                context.error(f"track_group {value} is a duplicate")
                raise DroppedError(f"Route has trailing nonsense - {value}")
            if value not in line.drafts.track_groups:
                context.error(f"track_group {value} not found")
            else:
                values["track_group"] = value
        case "vrf":
            value = line.next()
            if context.host.interface(value) is None:
                raise DroppedError(f"VRF {value} not found for route")
            values["vrf"] = value
        case _:
            return False
    return True


def _time(line: Line, word: str, units: int, kind: str, problem: str) -> None:
    """Read a time with ``s`` or ``ms``, or a raw number of the kernel's units; too short or too long is mended."""
    context = line.context
    text = line.next()
    locked = text == "lock"
    if locked:
        text = line.next()
    value = text.lstrip()
    digits = value.lower()
    places, raw = 0, True
    for suffix, decimals in (("msecs", 0), ("msec", 0), ("ms", 0), ("secs", 3), ("sec", 3), ("s", 3)):
        if digits.endswith(suffix):
            digits, places, raw = digits.removesuffix(suffix), decimals, False
            break
    if "e" in digits:
        context.error(f"{kind} value exponential form {value} no longer supported")
        raise DroppedError(problem.format(text))
    low, high = _MILLISECONDS
    read = numbers.decimal(
        digits or "x", 0, high * units, places, lenient=False, testing=context.testing, complain=context.bad_number
    )
    if read is None:
        raise DroppedError(problem.format(text))
    amount = read if raw else read * units
    if amount > high * units:
        context.error(f"{kind} value {value} exceeds maximum {high // 1000}s, resetting")
    elif amount < low * units:
        context.error(f"{kind} value {value} below minimum {low}ms, resetting")
    amount = min(max(amount, low * units), high * units)
    line.metrics[word] = RouteMetric(name=word, value=amount, locked=locked)
