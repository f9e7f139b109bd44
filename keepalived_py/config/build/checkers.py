"""``virtual_server``, ``real_server`` and ``virtual_server_group``: the keywords that need more than their declaration."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Any, Final

from keepalived_py.config.ast import GroupMark, GroupRange
from keepalived_py.config.build.checks import CHECKS
from keepalived_py.config.build.context import parse_address, read_block
from keepalived_py.config.build.drafts import Drafts, RealServerDraft, ServerGroupDraft, VirtualServerDraft
from keepalived_py.config.build.names import server_name
from keepalived_py.config.keywords.unbuilt import UNBUILT
from keepalived_py.config.tree import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from keepalived_py.config.build.context import Context
    from keepalived_py.config.tree import Block

    Special = Callable[[Context, Any, Terminal], None]
    Inner = Callable[[Context, Any, Block], None]

_SCHEDULERS: Final = frozenset(
    ["rr", "wrr", "lc", "wlc", "lblc", "sh", "mh", "dh", "fo", "ovf", "lblcr", "sed", "nq", "twos"]
)
_PROTOCOLS: Final = {"TCP": 6, "UDP": 17, "SCTP": 132}
_PERSISTENCE: Final = 360
_LONGEST_PERSISTENCE: Final = 2678400
_FLAGS: Final = {"flag-1": 0x08, "flag-2": 0x10, "flag-3": 0x20}
_SCHEDULER_FLAGS: Final = {
    "sh": {"sh-fallback": 0x08, "sh-port": 0x10},
    "mh": {"mh-fallback": 0x08, "mh-port": 0x10},
}


def port_of(word: str | None) -> str | None:
    """Give a port's word, or None when it is missing or only zeros (which keepalived takes for missing)."""
    return word if word is not None and word.strip("0") else None


def server_address(context: Context, words: list[str]) -> tuple[Any, int] | None:
    """Give the address and port after ``virtual_server``; reported and None when bad."""
    port = port_of(words[2] if len(words) > 2 else None)
    found = context.socket_address(words[1], port)
    if found is None:
        label, slash, text = ("/port", "/", port) if port else ("", "", "")
        context.error(f"Invalid virtual server IP address{label} {words[1]}{slash}{text} - skipping")
    return found


def refuses_server(context: Context, words: list[str]) -> bool:
    """Whether a ``virtual_server`` line is so wrong that its block is skipped. Reported."""
    if len(words) < 2:
        return False
    first = words[1]
    if first in {"group", "fwmark"}:
        second = words[2] if len(words) > 2 else ""
        if first == "fwmark" and second and context.unsigned(second, 0, 4294967295, lenient=True) is None:
            context.error(f"virtual server fwmark '{second}' must be in [0, 4294967295] - ignoring")
            return True
        return False
    return server_address(context, words) is None


def refuses_real_server(context: Context, words: list[str]) -> bool:
    """Whether a ``real_server`` line is so wrong that its block is skipped. Reported."""
    if len(words) < 2:
        return False
    first = words[1]
    port = words[2] if len(words) > 2 else None
    if context.socket_address(first, port_of(port)) is None:
        context.error(f"Invalid real server ip address/port {first}/{port or '(null)'} - skipping")
        return True
    return False


def _quiet_address(words: list[str]) -> tuple[Any, int]:
    """Give the address of a line that was found good already."""
    text = words[1]
    for mark in "-/":
        text = text.partition(mark)[0]
    port = port_of(words[2] if len(words) > 2 else None)
    digits = "".join(character for character in (port or "0") if character.isdigit())
    return parse_address(text), int(digits or 0)


def build_server(context: Context, drafts: Drafts, block: Block) -> None:
    """Read a ``virtual_server`` block."""
    words = block.head.words
    draft = VirtualServerDraft(location=context.location)
    first = context.word(words, 1)
    if first == "group":
        draft.group = context.word(words, 2)
    elif first == "fwmark":
        digits = "".join(character for character in context.word(words, 2) if character.isdigit())
        draft.fwmark = int(digits or 0)
    else:
        draft.address, draft.port = _quiet_address(words)
        draft.family = draft.address.version
    for item in block.items:
        if isinstance(item, Terminal) and item.words[0] in UNBUILT["virtual_server"]:
            context.at(item.line)
            context.not_acted_on(f"virtual_server {' '.join(words[1:])}: {item.words[0]}")
    read_block(context, block, draft, _SERVER_SPECIAL, {"real_server": _real_server(drafts)})
    if not draft.real_servers:
        context.error(f"Virtual server {server_name(draft)} has no real servers - ignoring")
        return
    sorry = draft.sorry_server
    if sorry is not None and (sorry.method or draft.method) != "TUN":
        if not draft.family:
            draft.family = sorry.address.version
        elif draft.family != sorry.address.version:
            context.error(
                f"Address family of virtual server and sorry server {sorry.address} don't match"
                " - skipping sorry server."
            )
            draft.sorry_server = None
    if not draft.family and draft.group is None:
        families = {server.address.version for server in draft.real_servers}
        draft.family = families.pop() if len(families) == 1 else 4
    drafts.servers.append(draft)


def _real_server(drafts: Drafts) -> Inner:
    def read(context: Context, server: VirtualServerDraft, block: Block) -> None:
        words = block.head.words
        context.word(words, 1)
        address, port = _quiet_address(words)
        draft = RealServerDraft(address=address, port=port, location=context.location, method=server.method)
        copy_tunnel(server, draft)
        inner = {
            keyword: (lambda context, draft, block, function=function: function(context, drafts, server, draft, block))
            for keyword, function in CHECKS.items()
        }
        read_block(context, block, draft, _REAL_SPECIAL, inner)
        if draft.method != "TUN":
            if not server.family:
                server.family = address.version
            elif server.family != address.version:
                context.error(
                    f"Address family of virtual server and real server {address} don't match - skipping real server."
                )
                return
        server.real_servers.append(draft)

    return read


def _ip_family(context: Context, draft: VirtualServerDraft, terminal: Terminal) -> None:
    word = context.word(terminal.words, 1)
    family = {"inet": 4, "inet6": 6}.get(word)
    if family is None:
        context.error(f"unknown address family {word}")
    elif draft.family and draft.family != family:
        context.error(f"Virtual server specified family {word} conflicts with server family")
    else:
        draft.family = family


def _scheduler(context: Context, draft: VirtualServerDraft, terminal: Terminal) -> None:
    word = context.word(terminal.words, 1)
    if word in _SCHEDULERS:
        draft.scheduler = word
    else:
        context.error(f"Invalid lvs_scheduler '{word}' - ignoring")


def _flag(context: Context, draft: VirtualServerDraft, terminal: Terminal) -> None:
    word = terminal.words[0]
    if word == "ops":
        draft.one_packet = True
    elif word in _FLAGS:
        draft.flags |= _FLAGS[word]
    elif draft.scheduler in _SCHEDULER_FLAGS:
        draft.flags |= _SCHEDULER_FLAGS[draft.scheduler].get(word, 0)
    else:
        context.error(f"{word} only applies to sh scheduler - ignoring")


def _method(kind: str) -> Special:
    """Make the reader of a forwarding method; the method counts even when its tunnel options do not."""

    def read(context: Context, draft: VirtualServerDraft | RealServerDraft, terminal: Terminal) -> None:
        words = terminal.words
        word = context.word(words, 1)
        if word not in {"NAT", "DR", "TUN"}:
            context.error(f"PARSER : unknown [{word}] routing method for {kind} server.")
            return
        draft.method = word
        _tunnel(context, draft, words, kind)

    return read


def _tunnel(context: Context, draft: VirtualServerDraft | RealServerDraft, words: list[str], kind: str) -> None:
    tunnel, port, checksum = "ipip", 0, "nocsum"
    at = 2
    while at < len(words):
        option = words[at]
        at += 1
        if option == "type":
            if at == len(words):
                context.error(f"Missing tunnel type for {kind} server.")
                return
            tunnel = words[at]
            at += 1
            if tunnel not in {"ipip", "gue", "gre"}:
                context.error(f"Unknown tunnel type {tunnel} for {kind} server.")
                return
        elif option == "port":
            if at == len(words):
                context.error(f"Missing port for {kind} server gue tunnel.")
                return
            read = context.unsigned(words[at], 1, 65535)
            if read is None:
                context.error(f"Invalid gue tunnel port {words[at]} for {kind} server.")
                return
            port = read
            at += 1
        elif option in {"nocsum", "csum", "remcsum"}:
            checksum = option
        else:
            context.error(f"Invalid tunnel option {option} for {kind} server.")
            return
    if (tunnel == "gue") != (port != 0):
        context.error("gue tunnels require port, otherwise cannot have port.")
    elif tunnel == "ipip" and checksum != "nocsum":
        context.error("ipip tunnels do not support checksum option.")
    elif tunnel == "gre" and checksum == "remcsum":
        context.error("gre tunnels do not support remote checksum option.")
    else:
        draft.tunnel = "" if tunnel == "ipip" else tunnel
        draft.tunnel_port = port
        draft.tunnel_checksum = checksum


def copy_tunnel(source: VirtualServerDraft, target: RealServerDraft) -> None:
    """Give a server the encapsulation of its virtual server."""
    target.tunnel = source.tunnel
    target.tunnel_port = source.tunnel_port
    target.tunnel_checksum = source.tunnel_checksum


def _persistence_timeout(context: Context, draft: VirtualServerDraft, terminal: Terminal) -> None:
    words = terminal.words
    if len(words) < 2:
        draft.persistence_timeout = _PERSISTENCE
        return
    timeout = context.unsigned(words[1], 1, _LONGEST_PERSISTENCE)
    if timeout is None:
        context.error("persistence_timeout invalid")
    else:
        draft.persistence_timeout = timeout


def _persistence_engine(context: Context, draft: VirtualServerDraft, terminal: Terminal) -> None:
    word = context.word(terminal.words, 1)
    if len(word) > 16:
        context.error(f"persistence_name too long, truncating - {word}")
    draft.persistence_engine = word[:16]


def _persistence_granularity(context: Context, draft: VirtualServerDraft, terminal: Terminal) -> None:
    word = context.word(terminal.words, 1)
    family = draft.family or (4 if "." in word else 6)
    if family == 6:
        prefix = context.unsigned(word, 1, 128)
        if prefix is None:
            context.error(f"Invalid IPv6 persistence_granularity specified - {word}")
            return
    else:
        try:
            mask = IPv4Address(socket.inet_aton(word)) if " " not in word else None
        except (OSError, ValueError):
            mask = None
        if mask is None:
            context.error(f"Invalid IPv4 persistence_granularity specified - {word}")
            return
        prefix = _prefix_of(mask)
        draft.persistence_mask = mask
    draft.persistence_prefix = prefix
    draft.family = draft.family or family
    draft.persistence_timeout = draft.persistence_timeout or _PERSISTENCE


def _prefix_of(mask: IPv4Address) -> int:
    """Give the prefix length of a netmask; a mask with holes counts its set bits."""
    try:
        return IPv4Network((0, str(mask))).prefixlen
    except ValueError:
        return int(mask).bit_count()


def _protocol(context: Context, draft: VirtualServerDraft, terminal: Terminal) -> None:
    word = context.word(terminal.words, 1)
    protocol = _PROTOCOLS.get(word.upper())
    if protocol is None:
        context.error(f"Unknown protocol {word} - ignoring")
    else:
        draft.protocol = protocol


def _snmp_name(kind: str) -> Special:
    def read(context: Context, draft: VirtualServerDraft | RealServerDraft, terminal: Terminal) -> None:
        words = terminal.words
        label = "vs" if kind == "virtual" else "rs"
        if len(words) != 2:
            context.error(f"{kind} server snmp_name missing or extra parameters")
            return
        if "snmp_name" in draft.values:
            old = draft.values["snmp_name"]
            context.error(f"Duplicate {label} snmp_name - overwriting {old} with {words[1]}")
        draft.values["snmp_name"] = words[1]

    return read


def _sorry_server(context: Context, draft: VirtualServerDraft, terminal: Terminal) -> None:
    words = terminal.words
    first = context.word(words, 1)
    found = context.socket_address(first, port_of(words[2] if len(words) > 2 else None))
    if found is None:
        context.error(f"Invalid sorry server IP address {first} - skipping")
        return
    draft.sorry_server = RealServerDraft(
        address=found[0],
        port=found[1],
        location=context.location,
        method=draft.method,
        inhibit=False,
    )
    copy_tunnel(draft, draft.sorry_server)


def _sorry_inhibit(context: Context, draft: VirtualServerDraft, _terminal: Terminal) -> None:
    if draft.sorry_server is None:
        context.error("Ignoring sorry_server inhibit used before or without sorry_server")
    else:
        draft.sorry_server.inhibit = True


def _sorry_method(context: Context, draft: VirtualServerDraft, terminal: Terminal) -> None:
    if draft.sorry_server is None:
        context.error("sorry_server forwarding used without sorry_server")
    else:
        _method("sorry")(context, draft.sorry_server, terminal)


_SERVER_SPECIAL: Final[dict[str, Special]] = {
    "ip_family": _ip_family,
    "lb_algo": _scheduler,
    "lvs_sched": _scheduler,
    **dict.fromkeys(
        ("hashed", "ops", "flag-1", "flag-2", "flag-3", "sh-port", "sh-fallback", "mh-port", "mh-fallback"), _flag
    ),
    "lb_kind": _method("virtual"),
    "lvs_method": _method("virtual"),
    "persistence_timeout": _persistence_timeout,
    "persistence_engine": _persistence_engine,
    "persistence_granularity": _persistence_granularity,
    "protocol": _protocol,
    "snmp_name": _snmp_name("virtual"),
    "sorry_server": _sorry_server,
    "sorry_server_inhibit": _sorry_inhibit,
    "sorry_server_lvs_method": _sorry_method,
}

_REAL_SPECIAL: Final[dict[str, Special]] = {"lvs_method": _method("real"), "snmp_name": _snmp_name("real")}


def build_server_group(context: Context, drafts: Drafts, block: Block) -> None:
    """Read a ``virtual_server_group`` block."""
    name = context.word(block.head.words, 1)
    draft = ServerGroupDraft(name=name, location=context.location)
    for item in block.entries:
        context.at(item.line)
        _group_entry(context, draft, item.words)
    context.at(block.close.line)
    if not draft.entries and not draft.marks:
        context.error(f"virtual server group {name} has no entries - removing")
        return
    if len(draft.families) > 1 and any(entry.family is None for entry in draft.marks):
        context.error(f"virtual server group {name} cannot have IPv4, IPv6 and fwmark without family - removing")
        return
    drafts.all_server_groups.append(draft)
    drafts.server_groups.setdefault(name, draft)


def _group_entry(context: Context, draft: ServerGroupDraft, words: list[str]) -> None:
    if words[0] == "fwmark":
        word = context.word(words, 1)
        mark = context.unsigned(word, 0, 4294967295, lenient=True)
        if mark is None:
            context.error(f"({draft.name}): fwmark '{word}' must be in [0, 4294967295] - ignoring")
        elif len(words) > 2 and words[2] not in {"inet", "inet6"}:
            context.error(f"({draft.name}): fwmark '{mark}' family {words[2]} unknown - ignoring")
        else:
            family = (4 if words[2] == "inet" else 6) if len(words) > 2 else None
            draft.marks.append(GroupMark(mark=mark, family=family))
            if family is not None:
                draft.families.add(family)
        return
    port = port_of(words[1] if len(words) > 1 else None)
    found = context.socket_address(words[0], port)
    if found is None:
        label, slash, text = ("/port", "/", port) if port else ("", "", "")
        context.error(f"Invalid virtual server group IP address {words[0]} {label}{slash}{text} - skipping")
        return
    address = found[0]
    if "/" in words[0]:
        mask = words[0].partition("/")[2]
        if not mask.isdigit() or not 0 < int(mask) <= address.max_prefixlen:
            context.error(f"Invalid netmask - {words[0]} - skipping")
            return
        if int(address) & ((1 << (address.max_prefixlen - int(mask))) - 1):
            context.error(f"Address mask bits not empty - {words[0]} - skipping")
            return
        last = address.__class__(int(address) | ((1 << (address.max_prefixlen - int(mask))) - 1))
    elif "-" in words[0]:
        end = _group_range(context, address, words[0])
        if end is None:
            return
        last = end
    else:
        last = address
    draft.entries.append((str(address) if last == address else f"{address}-{last}", found[1]))
    draft.ranges.append(GroupRange(first=address, last=last, port=found[1]))
    draft.families.add(address.version)


def _group_range(context: Context, address: Any, text: str) -> Any:
    """Give the last address of a range; None, reported, when it is bad."""
    end = text.partition("-")[2]
    if ("." if address.version == 4 else ":") in end:
        last = context.socket_address(end)
        if last is None:
            context.error(f"Invalid range end {text} - skipping")
            return None
        if last[0].version != address.version:
            context.error(f"Range address families do not match {text} - skipping")
            return None
        if int(last[0]) < int(address):
            context.error(f"Address range end is less than address range start - {text} - skipping")
            return None
        return last[0]
    base, limit = (10, 255) if address.version == 4 else (16, 0xFFFF)
    try:
        value = int(end, base)
    except ValueError:
        context.bad_number(f"Virtual server group range '{text}' has extra characters at end '{end}'")
        return None
    if value > limit:
        context.bad_number(f"Virtual server group range '{text}' end '{end}' too large")
        return None
    if int(address) & limit >= value:
        context.error(f"Address range end is not greater than address range start - {text} - skipping")
        return None
    return address.__class__(int(address) & ~limit | value)
