"""The sections of the VRRP process, in its order. What changes while it runs is left out, as it is at its start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from keepalived_py.config.ast import GarpGroup
from keepalived_py.config.dump.text import decimal_text, yes_no
from keepalived_py.config.dump.vrrp_instance import instance_lines
from keepalived_py.config.dump.vrrp_lines import (
    address_line,
    notify_lines,
    route_lines,
    rule_line,
    tracked_lines,
)
from keepalived_py.config.dump.vrrp_tracking import (
    is_faulty,
    process_lines,
    script_lines,
    session_lines,
    track_file_lines,
    waits_for_scripts,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.config.ast import Configuration, SyncGroup

_OWNER: Final = 255
_EPOCH: Final = "0.000000 (Thu Jan  1 00:00:00.000000)"


def vrrp_lines(configuration: Configuration) -> list[str]:
    """Give everything after the global definitions; empty sections are left out."""
    if not configuration.declared_instances:
        return []
    sections = (
        ("Gratuitous ARP delays", _garp_groups(configuration)),
        ("Static Addresses", _static_addresses(configuration)),
        ("Static Routes", (line for route in configuration.static_routes for line in route_lines(route))),
        ("Static Rules", (rule_line(rule) for rule in configuration.static_rules)),
        ("Static Track groups", _track_groups(configuration)),
        ("VRRP Topology", _topology(configuration)),
        ("VRRP Sync groups", _sync_groups(configuration)),
        ("VRRP Scripts", script_lines(configuration)),
        ("VRRP Track files", track_file_lines(configuration)),
        ("VRRP Track processes", process_lines(configuration)),
        ("VRRP Track BFDs", session_lines(configuration)),
    )
    lines: list[str] = []
    for title, section in sections:
        found = list(section)
        if found:
            lines += [f"------< {title} >------", *found]
    return lines


def _garp_groups(configuration: Configuration) -> Iterator[str]:
    for group in configuration.garp_groups:
        yield from _garp_group(group)
    yield from _default_garp_groups(configuration)


def _garp_group(group: GarpGroup) -> Iterator[str]:
    yield "------< GARP delay group >------"
    for label, interval in (("GARP", group.garp_interval), ("GNA", group.gna_interval)):
        if interval is not None:
            yield f" {label} interval = {decimal_text(interval)}"
            yield f" {label} next time {_EPOCH}"
    yield " Interfaces"
    yield from (f"  {name}" for name in group.interfaces)


def _default_garp_groups(configuration: Configuration) -> Iterator[str]:
    """Give a group to each interface that an instance uses and no group names, when there is a global gap."""
    vrrp = configuration.global_defs.vrrp
    gaps = {4: vrrp.garp_interval, 6: vrrp.gna_interval}
    limited = {name for group in configuration.garp_groups for name in group.interfaces}
    for instance in configuration.declared_instances:
        families = {instance.family} | {address.address.version for address in instance.excluded_addresses}
        if not instance.interface or not any(gaps[family] for family in families):
            continue
        addresses = (*instance.virtual_addresses, *instance.excluded_addresses)
        for name in (instance.interface, *(address.base_interface or address.interface for address in addresses)):
            if name not in limited:
                limited.add(name)
                yield from _garp_group(
                    GarpGroup(interfaces=(name,), garp_interval=gaps[4] or None, gna_interval=gaps[6] or None)
                )


def _static_addresses(configuration: Configuration) -> Iterator[str]:
    # At the time of the dump they have been set.
    return (f"{address_line(address)} set" for address in configuration.static_addresses)


def _track_groups(configuration: Configuration) -> Iterator[str]:
    for group in configuration.track_groups:
        if group.members:
            yield f" Static Track Group = {group.name}"
            yield "   VRRP member instances :"
            yield from (f"     {member}" for member in group.members)


def _topology(configuration: Configuration) -> Iterator[str]:
    for instance in configuration.declared_instances:
        yield from instance_lines(instance)


def _sync_groups(configuration: Configuration) -> Iterator[str]:
    for group in configuration.declared_sync_groups:
        yield from _sync_group(configuration, group)


def _sync_group(configuration: Configuration, group: SyncGroup) -> Iterator[str]:
    members = [instance for instance in configuration.declared_instances if instance.name in group.members]
    faults = sum(is_faulty(configuration, member, group) for member in members)
    waiting = sum(waits_for_scripts(member, group) for member in members)
    owners = all(member.state_master and member.priority == _OWNER for member in members)
    state = "FAULT" if faults else "INIT" if waiting else "MASTER" if owners else "BACKUP"
    yield f" VRRP Sync Group = {group.name}, {state}"
    yield f"   Num member fault {faults}, num member init {waiting}"
    yield "   VRRP member instances :"
    yield from (f"     {member}" for member in group.members)
    if group.sync_group_tracking_weight:
        yield "   sync group tracking weight set"
    yield f"   Using smtp notification = {yes_no(group.smtp_alert)}"
    if group.notify_priority_changes is not None:
        yield f"   Notify priority changes = {yes_no(group.notify_priority_changes)}"
    yield from tracked_lines(group, processes="process")
    yield from notify_lines(group.notify)
