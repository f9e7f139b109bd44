"""Groups of virtual servers, with how many servers stand behind each of their members at the start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.config.ast import Protocol
from keepalived_py.config.dump.starting import start_of
from keepalived_py.config.dump.text import address_text, yes_no

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from keepalived_py.config.ast import GroupRange, VirtualServer, VirtualServerGroup


def group_lines(group: VirtualServerGroup, servers: Sequence[VirtualServer]) -> Iterator[str]:
    """Write a group; ``servers`` are those that use it."""
    families = group.families
    by_protocol = dict.fromkeys((Protocol.TCP, Protocol.UDP, Protocol.SCTP), 0)
    by_family = {4: 0, 6: 0}
    for server in servers:
        count = start_of(server).additions
        by_protocol[server.key.protocol if server.key.protocol in by_protocol else Protocol.SCTP] += count
        by_family[4 if server.families == (4,) else 6] += count
    yield " ------< Virtual server group >------"
    yield f" Virtual Server Group = {group.name}, IPv4 = {yes_no(4 in families)}, IPv6 = {yes_no(6 in families)}"
    for entry in group.ranges:
        yield f"   {_range_text(entry)}, VPORT = {entry.port}"
        tcp, udp, sctp = by_protocol.values()
        yield f"     Alive: {tcp} tcp, {udp} udp, {sctp} sctp"
        yield "     reloaded = False"
    for mark in group.marks:
        family = "" if mark.family is None else f" IPv{mark.family}"
        yield f"   FWMARK = {mark.mark}{family}"
        yield f"     Alive: {by_family[4]} IPv4, {by_family[6]} IPv6"
        yield "     reloaded = False"


def _range_text(entry: GroupRange) -> str:
    if entry.first == entry.last:
        return f"VIP = {address_text(entry.first)}"
    return f"VIP Range = {address_text(entry.first)}-{address_text(entry.last)}"
