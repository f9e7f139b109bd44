"""``encap TYPE ...`` of a route or next hop: read and checked as keepalived does, kept as words, TOS as a number.

Source: reference/keywords-global-vrrp.tsv, "route line > encap" rows.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from keepalived_py.config.build.context import parse_address
from keepalived_py.config.build.rttables import lookup

if TYPE_CHECKING:
    from collections.abc import Callable

    from keepalived_py.config.build.routes import Line

    Check = Callable[[str], bool]

_MAXIMUM_LABEL: Final = (1 << 20) - 1
_MOST_LABELS: Final = 16
_U64: Final = (1 << 64) - 1
_LOCATOR: Final = re.compile(r"[0-9a-fA-F]{1,4}(:[0-9a-fA-F]{1,4}){3}")

#: By type: the words for TOS and TTL, and what is said of a bad value of each option.
_IP: Final = {
    "id": "encap id {} value is invalid",
    "dst": "Invalid encap ip dst {}",
    "src": "Invalid encap ip src {}",
    "tos": "dsfield {} not valid for ip encapsulation",
    "ttl": "ttl {} is not valid for ip encapsulation",
    "flags": "flags {} is not valid for ip encapsulation",
}
_IP6: Final = {
    "id": "id {} value invalid for IPv6 encapsulation",
    "dst": "Invalid encap ip6 dst {}",
    "src": "Invalid encap ip6 src {}",
    "tc": "tc value {} is invalid for ip6 encapsulation",
    "hoplimit": "Invalid hoplimit {} specified for ip6 encapsulation",
    "flags": "flags {} is not valid for ip6 encapsulation",
}


def read_encapsulation(line: Line) -> tuple[str, ...]:
    """Read from the word after ``encap``; leaves the line at the word behind. (), reported, when it cannot be used."""
    context = line.context
    line.at += 1
    if line.at >= len(line.words):
        context.error("Missing encap type")
        return ()
    kind = line.words[line.at]
    line.at += 1
    match kind:
        case "ip" | "ip6":
            return _tunnel(line, kind)
        case "mpls":
            return _one_word(line, kind, "address for MPLS", "invalid mpls address {} for encapsulation", _is_mpls)
        case "ila":
            return _one_word(line, kind, "locator for ILA", "invalid locator {} for ila encapsulation", _is_locator)
    context.error(f"Unknown encap type - {kind}")
    line.at += 1  # as the reference: whatever follows is skipped, too
    return ()


def _tunnel(line: Line, kind: str) -> tuple[str, ...]:
    context = line.context
    options = _IP if kind == "ip" else _IP6
    named: set[str] = set()
    read = [kind]
    while line.at + 1 < len(line.words) and line.words[line.at] in options:
        option, value = line.words[line.at : line.at + 2]
        problem = _problem(line, kind, option, value)
        if problem:
            context.error(problem)
            return ()
        named.add(option)
        # A name of the host is of no use to anybody else.
        read += [option, str(lookup(context, "rt_dsfield", value)) if option in {"tos", "tc"} else value]
        line.at += 2
    if not named & {"dst", "id"}:
        context.error(f"address or id missing for {kind} encapsulation")
        return ()
    return tuple(read)


def _problem(line: Line, kind: str, option: str, value: str) -> str:
    """Say what is wrong with the value of an option; "" when nothing is."""
    context = line.context
    text = (_IP if kind == "ip" else _IP6)[option].format(value)
    if option in {"dst", "src"}:
        address = parse_address(value)
        if address is None:
            context.error(f"VRRP parsed invalid IP {value}. skipping IP...")
            return text
        if address.version != (4 if kind == "ip" else 6):
            return f"IPv{address.version} address {value} not valid for {kind} encapsulation"
        return ""
    if option == "id":
        if value.isdecimal() and int(value) <= _U64:
            return ""
        context.bad_number(f"negative number '{value}'" if value.startswith("-") else f"invalid number '{value}'")
        return text
    if option in {"tos", "tc"}:
        return text if lookup(context, "rt_dsfield", value) is None else ""
    high = 65535 if option == "flags" else 255
    return text if context.unsigned(value, 0, high) is None else ""


def _one_word(line: Line, kind: str, what: str, problem: str, is_good: Check) -> tuple[str, ...]:
    if line.at >= len(line.words):
        line.context.error(f"missing {what} encapsulation")
        return ()
    word = line.words[line.at]
    line.at += 1
    if not is_good(word):
        line.context.error(problem.format(word))
        return ()
    return (kind, word)


def _is_mpls(word: str) -> bool:
    labels = word.split("/")
    try:
        return len(labels) <= _MOST_LABELS and all(0 <= mpls_label(label) <= _MAXIMUM_LABEL for label in labels)
    except ValueError:
        return False


def mpls_label(word: str) -> int:
    """Read one label: decimal, hexadecimal (0x) or octal (0). Raises ValueError."""
    return int(word, 8) if word.startswith("0") and word.isdecimal() else int(word, 0)


def _is_locator(word: str) -> bool:
    return _LOCATOR.fullmatch(word) is not None
