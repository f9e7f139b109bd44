"""Lines of routes (``virtual_routes``, ``static_routes``): checked as keepalived does; they are not acted on yet.

Source: reference/keywords-global-vrrp.tsv, "route line" rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from keepalived_py.config.build import numbers
from keepalived_py.config.build.context import parse_address
from keepalived_py.config.build.lines import interface_exists, parse_prefix
from keepalived_py.config.build.rttables import DSFIELDS, PROTOCOLS, SCOPES, TABLES, TYPES, known, realms

if TYPE_CHECKING:
    from collections.abc import Callable

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

#: Options with a name or number from a table.
_NAMED: Final[dict[str, tuple[dict[str, int], int, str]]] = {
    "tos": (DSFIELDS, 255, "TOS value {} is invalid"),
    "dsfield": (DSFIELDS, 255, "TOS value {} is invalid"),
    "table": (TABLES, _U32, "Routing table {} not found for route"),
    "protocol": (PROTOCOLS, 255, "Protocol {} not found or invalid for route"),
    "scope": (SCOPES, 255, "Scope {} not found or invalid for route"),
}

_FLAGS: Final = frozenset({"onlink", "add", "prepend", "append", "no_track"})


class DroppedError(Exception):
    """The line is dropped; ``args[0]``, unless empty, is why."""


class Line:
    """A line of options while it is read: its words, the place in them, and the address family known so far."""

    def __init__(self, context: Context, drafts: Drafts, words: list[str]) -> None:
        self.context = context
        self.drafts = drafts
        self.words = words
        self.at = 0
        self.family = 0

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

    def address(self, text: str, problem: str) -> int:
        """Give the family of an address without a length."""
        address = parse_address(text)
        if address is None:
            self.context.error(f"VRRP parsed invalid IP {text}. skipping IP...")
            raise DroppedError(problem.format(text))
        return address.version

    def destination(self, text: str, problem: str) -> int:
        """Give the family of ``ADDRESS[/LENGTH]`` or of one of the words for all addresses (0 when it says nothing)."""
        if text in {"default", "any", "all"}:
            return 0
        if text == "default6":
            return 6
        parsed = parse_prefix(self.context, text)
        if parsed is None:
            raise DroppedError(problem.format(text))
        return parsed[0].version

    def family_word(self, word: str, what: str) -> None:
        """``inet`` or ``inet6``; the reference then swallows a word."""
        family = 6 if word == "inet6" else 4
        self.join(family, f"{word} specified for IPv{4 if family == 6 else 6} {what}")
        self.at += 1


def read_lines(context: Context, drafts: Drafts, block: Block, read: Callable[[Line], None]) -> int:
    """Read each line of a block with a function; how many lines were kept."""
    kept = 0
    for item in block.entries:
        context.at(item.line)
        try:
            read(Line(context, drafts, item.words))
        except DroppedError as dropped:
            if dropped.args[0]:
                context.error(dropped.args[0])
        else:
            kept += 1
    return kept


def read_routes(context: Context, drafts: Drafts, block: Block) -> int:
    """Read a block of routes; how many there are."""
    return read_lines(context, drafts, block, _route)


def _route(line: Line) -> None:
    context = line.context
    tracked, has_destination = True, False
    protocol = ""
    alternatives = False
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
            alternatives = True
            line.address(line.next(), 'Invalid "or" address {}')
        elif word == "nexthop":
            if alternatives:
                context.error('Cannot specify nexthops with "or" route')
            break
        elif word == "encap":
            _encapsulation(line)
            continue
        elif word in _FLAGS:
            tracked = tracked and word != "no_track"
        elif not _option(line, word):
            _destination(line, word)
            has_destination = True
        if word == "protocol":
            protocol = line.words[line.at]
        line.at += 1
    if not has_destination:
        raise DroppedError("Route must have a destination")
    if tracked and protocol and protocol not in _KEEPALIVED:
        context.error("Route cannot be tracked if protocol is not RTPROT_KEEPALIVED(18), resetting protocol")


def _destination(line: Line, word: str) -> None:
    if word == "to":
        line.at += 1
    if known(TYPES, word, 255):
        line.at += 1
    text = line.context.word(line.words, line.at)
    family = line.destination(text, "unknown route keyword {}")
    line.join(family, f"Cannot mix IPv4 and IPv6 addresses for route ({text})")


def _via(line: Line, word: str) -> None:
    if word == "gw":
        line.context.error('"gw" for routes is deprecated. Please use "via"')
    text = line.next()
    mixed = "Cannot mix IPv4 and IPv6 addresses for route"
    if text in {"inet", "inet6"}:
        line.join(6 if text == "inet6" else 4, mixed)
        text = line.next()
    line.join(line.address(text, "invalid route via address {}"), mixed)


def _option(line: Line, word: str) -> bool:
    """Read an option and its value; False when it is none."""
    context = line.context
    if word in _NUMBERS:
        high, lockable, problem = _NUMBERS[word]
        value = line.next()
        if lockable and value == "lock":
            value = line.next()
        if context.unsigned(value, 0, high) is None:
            raise DroppedError(problem.format(value))
    elif word in _TIMES:
        _time(line, *_TIMES[word])
    elif word in _NAMED:
        names, high, problem = _NAMED[word]
        value = line.next()
        if not known(names, value, high):
            raise DroppedError(problem.format(value))
    elif word == "src":
        mixed = "Cannot mix IPv4 and IPv6 addresses for route"
        line.join(line.address(line.next(), "invalid route src address {}"), mixed)
    elif word == "from":
        value = line.next()
        if line.destination(value, "invalid route from address {}") != 6:
            raise DroppedError(f"route from address only supported with IPv6 ({value})")
        line.join(6, "Cannot mix IPv4 and IPv6 addresses for route")
    elif word in {"dev", "oif"}:
        value = line.next()
        if not interface_exists(context, line.drafts, value):
            raise DroppedError(f"WARNING - interface {value} for VROUTE nexthop doesn't exist")
    else:
        return _rare_option(line, word)
    return True


def _rare_option(line: Line, word: str) -> bool:
    context = line.context
    match word:
        case "as":
            if line.next() == "to":
                line.at += 1
            context.error('"as to" for MPLS only - ignoring')
        case "expires" | "pref":
            line.join(6, f"{word} is only valid for IPv6")
            value = line.next()
            if word == "expires" and context.unsigned(value, 0, _U32) is None:
                raise DroppedError(f"Invalid expires time {value} specified for route")
            if word == "pref" and value not in {"low", "medium", "high"} and context.unsigned(value, 0, 255) is None:
                raise DroppedError(f"Invalid pref value {value} specified for route")
        case "realms":
            value = line.next()
            if not realms(value):
                raise DroppedError(f"Invalid realms {value} for route")
            line.join(4, "realms are only valid for IPv4")
        case "features":
            value = line.next()
            if value != "ecn":
                context.error(f"feature {value} not supported")
        case "congctl":
            if line.next() == "lock":
                line.next()
        case "ttl-propagate":
            value = line.next()
            if value not in {"enabled", "disabled"}:
                context.error(f"ttl-propagate value {value} not recognised")
        case "track_group":
            value = line.next()
            if value not in line.drafts.track_groups:
                context.error(f"track_group {value} not found")
        case "vrf":
            value = line.next()
            if context.host.interface(value) is None:
                raise DroppedError(f"VRF {value} not found for route")
        case _:
            return False
    return True


def _time(line: Line, units: int, kind: str, problem: str) -> None:
    """Read a time with ``s`` or ``ms``, or a raw number of the kernel's units; too short or too long is mended."""
    context = line.context
    text = line.next()
    if text == "lock":
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


def _encapsulation(line: Line) -> None:
    """``encap TYPE ...``: skipped up to the next word that begins a route option."""
    kind = line.next()
    if kind not in {"ip", "ip6", "mpls", "ila"}:
        line.context.error(f"unknown encap type - {kind}")
    line.at += 1
    starts = _NUMBERS.keys() | _TIMES.keys() | _FLAGS | {"dev", "via", "oif", "table", "nexthop", "protocol", "scope"}
    while line.at < len(line.words) and line.words[line.at] not in starts:
        line.at += 1
