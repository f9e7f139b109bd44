"""Instances, groups and scripts: keepalived's cross checks, then the AST. Source: reference/cli-and-process.md §4 (what fails)."""

from __future__ import annotations

import dataclasses
from collections import deque
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final

from keepalived_py.config.ast import (
    Command,
    NotifyScripts,
    SyncGroup,
    VrrpInstance,
    VrrpScript,
)
from keepalived_py.config.report import ErrorClass, NotActedOn
from keepalived_py.config.verify.instance import complete_instance
from keepalived_py.config.verify.nodes import make_instance, tracked
from keepalived_py.config.verify.scripts import Verdict, check_notify, check_script, violation

if TYPE_CHECKING:
    from keepalived_py.config.build import Context, Drafts, GroupDraft, InstanceDraft

_MILLISECOND: Final = 1000
_OWNER: Final = 255

#: Notify keywords in the order the reference looks at them, with the field they become.
_NOTIFY: Final = {
    "notify_backup": "backup",
    "notify_master": "master",
    "notify_fault": "fault",
    "notify_stop": "stop",
    "notify_deleted": "deleted",
    "notify": "generic",
    "notify_master_rx_lower_pri": "master_rx_lower_pri",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class VrrpSections:
    """The sections of the AST that the VRRP process's stage gives; what runs, and all that was declared."""

    scripts: tuple[VrrpScript, ...]
    groups: tuple[SyncGroup, ...]
    instances: tuple[VrrpInstance, ...]
    declared_groups: tuple[SyncGroup, ...]
    declared_instances: tuple[VrrpInstance, ...]


class VrrpRejectedError(Exception):
    """A cross check failed that keepalived does not start with. Reported already."""


def verify_vrrp(context: Context, drafts: Drafts) -> VrrpSections | None:
    """Check everything; the sections of the AST, or None when keepalived's VRRP process would not start."""
    context.at(None)
    if drafts.missing_interface or any("missing_interface" in draft.values for draft in drafts.instances.values()):
        context.problem(ErrorClass.BAD_IF, "Non-existent interface specified in configuration")
        context.report.reject()
        return None
    try:
        return _verify(context, drafts)
    except VrrpRejectedError:
        context.report.reject()
        return None


def _verify(context: Context, drafts: Drafts) -> VrrpSections:
    scripts, notify = _check_scripts(context, drafts)
    for draft in drafts.instances.values():
        _minimum(context, draft)
    groups = _join_groups(context, drafts)
    for draft in drafts.instances.values():
        if not complete_instance(context, drafts, draft):
            raise VrrpRejectedError
    if _conflicts(context, list(drafts.instances.values())):
        raise VrrpRejectedError
    for name, members in groups.items():
        if any(member.unsafe for member in members):
            for member in members:
                if not member.unsafe:
                    member.unsafe.append(f"all of its sync group {name}")
    _agree_on_state(groups)
    running = {name for name, draft in drafts.instances.items() if _may_run(context, draft)}
    taken = {address.address for draft in drafts.instances.values() for address in (*draft.addresses, *draft.excluded)}
    declared = {
        name: make_instance(context, draft, notify[name], drafts.groups.get(draft.sync_group or ""), taken)
        for name, draft in drafts.instances.items()
    }
    declared_groups = _make_groups(context, drafts, groups, notify)
    running_groups = [
        dataclasses.replace(group, members=tuple(name for name in group.members if name in running))
        for group in declared_groups
    ]
    return VrrpSections(
        scripts=tuple(scripts.values()),
        groups=tuple(group for group in running_groups if group.members),
        instances=tuple(instance for name, instance in declared.items() if name in running),
        declared_groups=tuple(declared_groups),
        declared_instances=tuple(declared.values()),
    )


def _agree_on_state(groups: dict[str, list[InstanceDraft]]) -> None:
    """Give a group whose members do not all start as MASTER none that does."""
    for members in groups.values():
        masters = [member for member in members if member.state == "MASTER"]
        if masters and (len(masters) < len(members) or any(member.values["priority"] != _OWNER for member in members)):
            for member in masters:
                member.wanted_state = "BACKUP"


def _may_run(context: Context, draft: InstanceDraft) -> bool:
    """Whether this version can run the instance rightly; else it is left out, loudly."""
    reasons = list(dict.fromkeys(draft.unsafe))
    if not reasons:
        return True
    what = ", ".join(reasons)
    context.at(None)
    context.log(
        f"WARNING - ({draft.name}) left out: this version does not do {what}, and running without would be wrong"
    )
    context.report.not_acted_on.append(
        NotActedOn(
            what=f"vrrp_instance {draft.name}: {what}",
            location=draft.location,
            unsafe=True,
            consequence="the instance is left out",
        )
    )
    return False


def _check_scripts(context: Context, drafts: Drafts) -> tuple[dict[str, VrrpScript], dict[str, NotifyScripts]]:
    """Look at all scripts, in the reference's order; trackers of unusable ones are dropped."""
    if not drafts.instances:
        return {}, {}
    verdicts = Verdict.NONE
    usable: dict[str, VrrpScript] = {}
    for script in drafts.scripts.values():
        uid, gid = script.identity or (0, 0)
        command = Command(
            argv=tuple(script.argv),
            user=script.user,
            group=script.group,
            uid=uid,
            gid=gid,
            location=script.location,
        )
        command, verdict = check_script(context, command)
        verdicts |= verdict
        if Verdict.INHIBITED in verdict:
            context.error(f"Disabling track script {script.name} due to insecure")
            continue
        if Verdict.NOT_FOUND in verdict:
            context.error(f"Disabling track script {script.name} since not found/accessible")
            continue
        if not verdict & (Verdict.EXECUTABLE | Verdict.SYSTEM):
            continue
        interval = script.values.get("interval", 1000) * _MILLISECOND
        timeout = script.values.get("timeout", 0) * _MILLISECOND
        usable[script.name] = VrrpScript(
            name=script.name,
            command=command,
            interval=interval,
            timeout=timeout or interval,
            rise=script.values.get("rise", 1),
            fall=script.values.get("fall", 1),
            weight=script.weight,
            reverse=script.reverse,
            location=script.location,
            init_fail="init_fail" in script.values,
            insecure=Verdict.INSECURE in verdict,
            configured_timeout=timeout,
        )
    notify: dict[str, NotifyScripts] = {}
    owners: list[tuple[str, InstanceDraft | GroupDraft]] = [*drafts.instances.items()]
    owners.extend((f"group {name}", group) for name, group in drafts.groups.items())
    for key, owner in owners:
        found: dict[str, Command | None] = {}
        for keyword, field in _NOTIFY.items():
            found[field], verdict = check_notify(context, owner.values.get(keyword))
            verdicts |= verdict
        notify[key] = NotifyScripts(**found)
        owner.tracking.scripts[:] = [tracked for tracked in owner.tracking.scripts if tracked.name in usable]
    for keyword in ("notify_fifo_script", "vrrp_notify_fifo_script"):
        if (reader := context.globals.values.get(keyword)) is not None:
            context.globals.values[keyword], verdict = check_notify(context, reader)
            verdicts |= verdict
    if "enable_script_security" not in context.globals.values and (text := violation(verdicts, "")):
        context.problem(ErrorClass.SECURITY, text)
    return usable, notify


def _minimum(context: Context, draft: InstanceDraft) -> None:
    if "virtual_router_id" not in draft.values:
        context.error(f"({draft.name}) the virtual router id must be set")
        raise VrrpRejectedError
    if draft.interface is None:
        if not draft.unicast_configured:
            context.error(f"({draft.name}) Unknown interface!")
            raise VrrpRejectedError
        if "use_vmac" in draft.values:
            context.error(f"({draft.name}) cannot use VMAC if no interface specified")
            raise VrrpRejectedError


def _join_groups(context: Context, drafts: Drafts) -> dict[str, list[InstanceDraft]]:
    """Resolve the members of sync groups; empty groups go."""
    joined: dict[str, list[InstanceDraft]] = {}
    for group in list(drafts.groups.values()):
        members: list[InstanceDraft] = []
        owners = True
        for name in group.members or ():
            instance = drafts.instances.get(name)
            if instance is None:
                context.error(f"Virtual router {name} specified in sync group {group.name} doesn't exist - ignoring")
            elif instance.sync_group is not None:
                context.error(f"Virtual router {name} cannot exist in more than one sync group; ignoring {group.name}")
            else:
                instance.sync_group = group.name
                if members and owners and instance.state == "BACKUP":
                    context.error(
                        f"Sync group {group.name} has some member(s) as address owner and some not as address owner."
                        " This won't work."
                    )
                owners = owners and instance.state == "MASTER" and instance.values.get("priority") == _OWNER
                members.append(instance)
        if not members:
            context.error(f"Sync group {group.name}, no matching virtual router found in group declaration - removing")
            del drafts.groups[group.name]
            continue
        if len(members) == 1:
            context.error(f"Sync group {group.name} has only 1 virtual router(s) - this probably isn't what you want")
        joined[group.name] = members
    return joined


def _address_of(context: Context, draft: InstanceDraft) -> object:
    """Give the address an instance sends from, as far as it is known; None when it is not."""
    if draft.source is not None:
        return draft.source
    facts = context.host.interface(draft.interface) if draft.interface else None
    if facts is None:
        return None
    return next((address for address in facts.addresses if isinstance(address, IPv4Address)), None)


def _conflicts(context: Context, instances: list[InstanceDraft]) -> bool:
    """Whether two instances would take each other's adverts for their own."""
    conflict = False
    rivals: dict[object, deque[InstanceDraft]] = {}
    for instance in instances:
        rivals.setdefault(_rivalry(instance), deque()).append(instance)
    for one in instances:
        vrid = one.values["virtual_router_id"]
        others = rivals[_rivalry(one)]
        others.popleft()
        if not others:
            continue
        if one.peers:
            for other in others:
                if _hear_alike(context, one, other):
                    context.error(f"({one.name}) duplicate VRID conflict with {other.name} VRID {vrid}")
                    conflict = True
        elif context.host.interface(one.interface or "") is not None:
            conflict = True
            if context.report.full(context.stage):
                context.report.leave_out(ErrorClass.GENERAL, context.stage, len(others))
                continue
            for other in others:
                context.error(
                    f"{one.name} and {other.name} both use VRID {vrid} with IPv{one.family}"
                    f" on interface {one.interface}"
                )
    return conflict


def _rivalry(draft: InstanceDraft) -> object:
    """Give what two instances must have in common to be in each other's way."""
    key = draft.family, draft.values["virtual_router_id"]
    return key if draft.peers else (*key, draft.interface, draft.group_address)


def _hear_alike(context: Context, one: InstanceDraft, other: InstanceDraft) -> bool:
    """Whether two instances with peers send from one address to one peer."""
    if one.interface and other.interface and one.interface != other.interface:
        return False
    mine = _address_of(context, one)
    if mine is None or mine != _address_of(context, other):
        return False
    return not {peer.address for peer in one.peers}.isdisjoint(peer.address for peer in other.peers)


def _make_groups(
    context: Context,
    drafts: Drafts,
    joined: dict[str, list[InstanceDraft]],
    notify: dict[str, NotifyScripts],
) -> list[SyncGroup]:
    groups: list[SyncGroup] = []
    for name, members in joined.items():
        draft = drafts.groups[name]
        owner = any(member.values.get("priority") == _OWNER for member in members)
        _no_weights(context, draft, owner=owner)
        for interface in draft.tracking.interfaces:
            for member in members:
                own = {tracked.name for tracked in member.tracking.interfaces}
                if interface.name in own | {member.interface if "dont_track_primary" not in member.values else ""}:
                    context.error(
                        f"({member.name}) track_interface {interface.name} is configured on VRRP instance and sync"
                        " group. Remove vrrp instance or sync group config"
                    )
        groups.append(
            SyncGroup(
                name=name,
                members=tuple(member.name for member in members),
                track_interfaces=tuple(draft.tracking.interfaces),
                track_scripts=tuple(draft.tracking.scripts),
                notify=notify[f"group {name}"],
                smtp_alert=default_smtp_alert(context, draft),
                sync_group_tracking_weight="sync_group_tracking_weight" in draft.values,
                location=draft.location,
                notify_priority_changes=draft.values.get("notify_priority_changes"),
                track_files=tracked(draft.tracking, "file"),
                track_processes=tracked(draft.tracking, "process"),
                track_bfds=tracked(draft.tracking, "bfd"),
            )
        )
    return groups


def _no_weights(context: Context, draft: GroupDraft, *, owner: bool) -> None:
    """Give a group with an address owner cannot have weights."""
    if not owner:
        return
    tracking = draft.tracking
    for place, script in enumerate(tracking.scripts):
        if script.weight:
            context.error(
                f"({draft.name}) Cannot have weighted track script '{script.name}' with member having"
                f" priority {_OWNER} - clearing weight"
            )
            tracking.scripts[place] = dataclasses.replace(script, weight=0)
    for place, interface in enumerate(tracking.interfaces):
        if interface.weight:
            context.error(
                f"({draft.name}) Cannot have weighted track interface '{interface.name}' with member having"
                f" priority {_OWNER} - clearing weight"
            )
            tracking.interfaces[place] = dataclasses.replace(interface, weight=0)
    for place, (kind, name, weight, reverse) in enumerate(tracking.others):
        if weight:
            context.error(
                f"({draft.name}) Cannot have weighted track {kind} '{name}' with member having"
                f" priority {_OWNER} - setting weight 0"
            )
            tracking.others[place] = (kind, name, 0, reverse)


def default_smtp_alert(context: Context, draft: InstanceDraft | GroupDraft) -> bool:
    """Own setting, else smtp_alert_vrrp, else smtp_alert, else no."""
    values = context.globals.values
    for value in (draft.values.get("smtp_alert"), values.get("smtp_alert_vrrp"), values.get("smtp_alert")):
        if value is not None:
            return bool(value)
    return False
