"""One VRRP instance: defaults, strict mode, what excludes what.

The checks come in the reference's order, because the later ones see what the earlier ones changed.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from keepalived_py.config.report import ErrorClass
from keepalived_py.config.verify.virtual_interfaces import make_interface, place_addresses

if TYPE_CHECKING:
    from keepalived_py.config.build import Context, Drafts, InstanceDraft

_SECOND: Final = 1_000_000
_CENTISECOND: Final = 10_000
_OWNER: Final = 255
_DEFAULT_PRIORITY: Final = 100
_DOWN_TIMER_ADVERTS: Final = 3
_MOST_ADDRESSES: Final = 255
_HMAC_TRAILER: Final = 28


def complete_instance(context: Context, drafts: Drafts, draft: InstanceDraft) -> bool:
    """Apply the cross checks; False when keepalived's VRRP process would not start with the instance."""
    values = draft.values
    values.setdefault("strict_mode", context.globals.values.get("vrrp_strict", False))
    strict = values["strict_mode"]
    _family_and_version(context, draft, strict=strict)
    _state_and_priority(context, draft, strict=strict)
    _authentication(context, draft, strict=strict)
    if not _unicast(context, draft, strict=strict):
        return False
    _fit_addresses(context, draft)
    _preemption(context, draft, strict=strict)
    _accept(context, draft, strict=strict)
    _strict_timers(context, draft, strict=strict)
    _advert_interval(context, draft)
    make_interface(context, drafts, draft)
    _trackers(context, drafts, draft)
    if "no_virtual_ipaddress" in values and strict:
        context.problem(
            ErrorClass.WARNING,
            f"({draft.name}) no_virtual_ipaddress and strict mode incompatible, clearing no_virtual_ipaddress",
        )
        del values["no_virtual_ipaddress"]
    if "no_virtual_ipaddress" not in values and not draft.addresses:
        if draft.version == 3 or strict:
            context.error(f"({draft.name}) No VIP specified; at least one is required")
            return False
        context.problem(ErrorClass.WARNING, f"({draft.name}) No VIP specified; at least one is sensible")
    _no_weights(context, drafts, draft)
    return True


def _family_and_version(context: Context, draft: InstanceDraft, *, strict: bool) -> None:
    if draft.family == 6:
        if draft.version == 2 and strict:
            context.error(f"({draft.name}) cannot use IPv6 with VRRP version 2; setting version 3")
            draft.version = 3
        draft.version = draft.version or 3
    draft.family = draft.family or 4
    draft.version = draft.version or context.globals.values.get("vrrp_version", 2)


def _state_and_priority(context: Context, draft: InstanceDraft, *, strict: bool) -> None:
    values = draft.values
    values.setdefault("priority", _OWNER if draft.state == "MASTER" else _DEFAULT_PRIORITY)
    owner = values["priority"] == _OWNER
    if not draft.state:
        draft.state = "MASTER" if owner else "BACKUP"
    elif strict and (draft.state == "MASTER") != owner:
        context.error(f"({draft.name}) State MASTER must match being address owner")
        draft.state = "MASTER" if owner else "BACKUP"


def _authentication(context: Context, draft: InstanceDraft, *, strict: bool) -> None:
    name = draft.name
    kind = draft.authentication_type
    if strict and kind:
        context.error(f"({name}) Strict mode does not support authentication. Ignoring.")
        kind = ""
    elif draft.version == 3 and kind:
        context.error(f"({name}) VRRP version 3 does not support authentication. Ignoring.")
        kind = ""
    elif kind and not draft.password:
        context.error(f"({name}) Authentication specified but no password given. Ignoring")
        kind = ""
    elif draft.family == 6 and kind == "AH":
        context.error(f"({name}) Cannot use AH authentication with IPv6. ignoring")
        kind = ""
    elif kind == "AH" and draft.state == "MASTER" and draft.values["priority"] != _OWNER:
        context.error(f"({name}) Initial state master is incompatible with AH authentication - clearing")
        draft.state = "BACKUP"
    if draft.hmac_keys is not None:
        if kind:
            context.error(f"({name}) auth_hmac cannot be combined with authentication, dropping legacy auth")
            kind = ""
        active = draft.values.get("active_key", 0)
        if active not in draft.hmac_keys:
            context.error(f"({name}) auth_hmac active_key {active} is not defined, disabling extension")
            draft.hmac_keys = None
        elif strict and draft.values.get("hmac_mode", "enforce") != "enforce":
            context.error(f"({name}) strict mode requires auth_hmac mode enforce")
            draft.values["hmac_mode"] = "enforce"
    draft.authentication_type = kind


def _unicast(context: Context, draft: InstanceDraft, *, strict: bool) -> bool:
    """Unicast without peers, unicast in strict mode, no interface; False when keepalived would not start."""
    name = draft.name
    facts = context.host.interface(draft.interface) if draft.interface else None
    if draft.unicast_configured and not draft.peers:
        if "unicast_fault_no_peer" in draft.values:
            context.log(f"({name}) Cannot use unicast without any peers - going to fault state")
            draft.config_faults += 1
        else:
            context.problem(
                ErrorClass.DEPRECATED,
                f"({name}) A unicast keyword has been specified without any unicast peers. Defaulting to multicast."
                " This usage is deprecated - please update your configuration.",
            )
    if strict and draft.peers and facts is not None and facts.multicast:
        context.error(f"({name}) Unicast peers are not supported in strict mode")
        return False
    if draft.interface is None:
        if draft.source is None:
            context.error(f"({name}): Unicast instances must have unicast_src_ip or interface")
            return False
        if draft.family == 6 and draft.source.is_link_local:
            context.error(f"({name}) Non link-local address required if interface omitted")
            return False
    if strict and "vmac_address" in draft.values:
        context.error(f"({name}): cannot specify MAC address with strict mode - clearing")
        del draft.values["vmac_address"]
    if ("use_vmac" in draft.values or "use_ipvlan" in draft.values) and facts is not None and not facts.ethernet:
        context.error(f"({name}): vmacs are only supported on Ethernet type interfaces")
        draft.config_faults += 1
    if facts is not None and not facts.multicast and not draft.peers:
        context.error(f"({name}) interface {facts.name} does not support multicast, specify unicast peers - disabling")
        draft.config_faults += 1
    if draft.family == 6 and not draft.peers and draft.addresses and not draft.addresses[0].address.is_link_local:
        if strict:
            context.error(f"({name}) the first IPv6 VIP address must be link local")
        else:
            context.log(f"({name}) the first IPv6 VIP address should be link local")
    if "vrf" in draft.values and (draft.interface is not None or not draft.peers):
        kind = "out interface" if draft.interface is not None else " unicast"
        context.error(f"({name}) vrf can only be specified with{kind} - clearing")
        del draft.values["vrf"]
    if "vrf" in draft.values:
        draft.unsafe.append("vrf")
    if draft.peers and draft.group_address is not None:
        draft.values["clear_group"] = True
    return True


def _fit_addresses(context: Context, draft: InstanceDraft) -> None:
    facts = context.host.interface(draft.interface) if draft.interface else None
    mtu = facts.mtu if facts is not None else 1500
    if draft.family == 4:
        header = 14 + 20 + 8 + (8 if draft.version == 2 else 0)
        header += 24 if draft.version == 2 and draft.authentication_type == "AH" else 0
    else:
        header = 14 + 40 + 8
    if draft.hmac_keys is not None and draft.values.get("hmac_mode") != "receive-only":
        header += _HMAC_TRAILER
    most = min((mtu - header) // (4 if draft.family == 4 else 16), _MOST_ADDRESSES)
    count = len(draft.addresses)
    if count > most:
        context.error(
            f"({draft.name}) Number of VIPs ({count}) exceeds maximum/space available in packet"
            f" (max {most} addresses) - excess moved to eVIPs"
        )
        draft.excluded.extend(draft.addresses[most:])
        del draft.addresses[most:]


def _preemption(context: Context, draft: InstanceDraft, *, strict: bool) -> None:
    values = draft.values
    name = draft.name
    if values["priority"] == _OWNER and draft.nopreempt:
        context.error(f"({name}) nopreempt is incompatible with priority {_OWNER}. resetting nopreempt")
        draft.nopreempt = False
    if draft.state == "MASTER":
        if draft.nopreempt:
            context.error(f"({name}) Warning - nopreempt will not work with initial state MASTER - clearing")
            draft.nopreempt = False
        if values.get("preempt_delay"):
            context.error(f"({name}) Warning - preempt delay will not work with initial state MASTER - clearing")
            values["preempt_delay"] = 0
    if values.get("preempt_delay"):
        if strict:
            context.error(f"({name}) preempt_delay is incompatible with strict mode - resetting")
        if draft.nopreempt:
            context.error(f"({name}) preempt_delay is incompatible with nopreempt mode - resetting")
        if strict or draft.nopreempt:
            values["preempt_delay"] = 0
    adverts = context.globals.values.get("vrrp_down_timer_adverts", _DOWN_TIMER_ADVERTS)
    values.setdefault("down_timer_adverts", adverts)
    if values["down_timer_adverts"] != _DOWN_TIMER_ADVERTS and strict:
        context.error(f"({name}) down_timer_adverts is incompatible with strict mode - resetting")
        values["down_timer_adverts"] = _DOWN_TIMER_ADVERTS
    if not draft.nopreempt and values.get("timer_expired_backup"):
        context.error(f"({name}) expired_timer_backup requires nopreempt - resetting")
        values["timer_expired_backup"] = 0


def _accept(context: Context, draft: InstanceDraft, *, strict: bool) -> None:
    owner = draft.values["priority"] == _OWNER
    if draft.accept is None:
        draft.accept = owner or not strict
    if draft.accept and not owner and strict and draft.version == 2:
        context.error(
            f"({draft.name}) warning - accept mode for VRRP version 2 does not comply with RFC3768 - resetting"
        )
        draft.accept = False
    if "clear_group" in draft.values:
        context.error(f"({draft.name}) multicast destination specified with unicast - ignoring")
        draft.group_address = None


def _strict_timers(context: Context, draft: InstanceDraft, *, strict: bool) -> None:
    values = draft.values
    globals_ = context.globals.values
    name = draft.name
    repeat = globals_.get("vrrp_garp_lower_prio_repeat", globals_.get("vrrp_garp_master_repeat", 5))
    delay = globals_.get("vrrp_garp_lower_prio_delay", globals_.get("vrrp_garp_master_delay", 5))
    for keyword, default, text in (
        ("garp_lower_prio_repeat", repeat, "Strict mode requires no repeat garps. resetting"),
        ("garp_lower_prio_delay", delay, "Strict mode requires no repeat garp delay. resetting"),
    ):
        if keyword not in values:
            values[keyword] = 0 if strict else default
        elif strict and values[keyword]:
            context.error(f"({name}) {text}")
            values[keyword] = 0
    if "lower_prio_no_advert" not in values:
        values["lower_prio_no_advert"] = strict or globals_.get("vrrp_lower_prio_no_advert", False)
    elif strict and not values["lower_prio_no_advert"]:
        context.error(f"({name}) Strict mode requires no lower priority advert. resetting")
        values["lower_prio_no_advert"] = True
    if "higher_prio_send_advert" not in values:
        values["higher_prio_send_advert"] = not strict and globals_.get("vrrp_higher_prio_send_advert", False)
    elif strict and values["higher_prio_send_advert"]:
        context.error(f"({name}) strict mode requires higher_prio_send_advert to be clear. resetting")
        values["higher_prio_send_advert"] = False
    owner = values["priority"] == _OWNER
    ignores = values.get("owner_ignore_adverts")
    if ignores and not owner:
        context.error(f"({name}) ignoring owner_ignore_adverts since priority is not {_OWNER}")
        ignores = False
    elif ignores is None:
        ignores = owner and (strict or globals_.get("vrrp_owner_ignore_adverts", False))
    elif owner and not ignores:
        context.error(f"({name}) strict_mode with priority {_OWNER} requires owner_ignore_adverts")
        ignores = True
    values["owner_ignore_adverts"] = ignores


def _advert_interval(context: Context, draft: InstanceDraft) -> None:
    interval = draft.values.get("advert_int") or _SECOND
    seconds = interval / _SECOND
    if draft.version == 2:
        if interval % _SECOND:
            context.error(f"({draft.name}) VRRPv2 advertisement interval {seconds:f}s must be an integer. rounding")
            interval = max(_SECOND, (interval + _SECOND // 2) // _SECOND * _SECOND)
    elif interval >= 4096 * _CENTISECOND:
        context.error(
            f"({draft.name}) VRRPv3 advertisement interval {seconds:.2f}s is out of range. Must be less than 40.96s."
            " Setting to 40.95s"
        )
        interval = 4095 * _CENTISECOND
    elif interval % _CENTISECOND:
        context.error(f"({draft.name}) VRRPv3 advertisement interval {seconds:f}s must be in units of 10ms - rounding")
        interval = (interval + _CENTISECOND // 2) // _CENTISECOND * _CENTISECOND
        interval = min(max(interval, _CENTISECOND), 4095 * _CENTISECOND)
    draft.values["advert_int"] = interval


def _trackers(context: Context, drafts: Drafts, draft: InstanceDraft) -> None:
    """Give the own interface is not tracked twice; a few combinations that virtual MACs forbid."""
    name = draft.name
    values = draft.values
    if "promote_secondaries" in values and ("use_vmac" in values or "use_ipvlan" in values):
        context.error(f"({name}) promote_secondaries is automatically set for vmacs - ignoring")
        del values["promote_secondaries"]
    if "use_vmac" in values and values["strict_mode"] and "vmac_xmit_base" in values:
        context.error(f"({name}) xmit_base is incompatible with strict mode - resetting")
        del values["vmac_xmit_base"]
    if "use_ipvlan" in values and draft.family == 4 and "ipvlan_address" not in values:
        context.error(
            f"({name}) IPv4 ipvlan requires a source ip address to be configured. setting instance to fault state"
        )
        draft.config_faults += 1
    kept = []
    for tracked in draft.tracking.interfaces:
        if tracked.name == draft.interface:
            context.error(f"({name}) Ignoring track_interface {tracked.name} since own interface")
        else:
            kept.append(tracked)
    draft.tracking.interfaces[:] = kept
    if "vmac_xmit_base" in values and "use_vmac" not in values:
        context.error(f"({name}) vmac_xmit_base is only valid with a vmac")
        del values["vmac_xmit_base"]
    place_addresses(context, drafts, draft)


def _no_weights(context: Context, drafts: Drafts, draft: InstanceDraft) -> None:
    """Members of a sync group, and address owners, do not change their priority."""
    name = draft.name
    owner = draft.values["priority"] == _OWNER
    group = drafts.groups.get(draft.sync_group) if draft.sync_group else None
    grouped = group is not None and "sync_group_tracking_weight" not in group.values
    if not grouped and not owner:
        return
    tracking = draft.tracking
    interfaces = []
    for interface in tracking.interfaces:
        if not interface.weight:
            interfaces.append(interface)
            continue
        what, why = ("weight ", "SYNC group") if grouped else ("", "address owner")
        context.error(f"({name}) ignoring {interface.name} tracked interface {what}due to {why}")
        if grouped:
            interfaces.append(dataclasses.replace(interface, weight=0))
    tracking.interfaces[:] = interfaces
    reason = "SYNC group" if grouped else "address_owner"
    scripts = []
    for script in tracking.scripts:
        if script.weight:
            context.error(f"({name}) ignoring tracked script {script.name} with weights due to {reason}")
        else:
            scripts.append(script)
    tracking.scripts[:] = scripts
    others = []
    for kind, tracked, weight, reverse in tracking.others:
        if kind == "file" and weight == 1:
            context.error(f"({name}) ignoring weight from tracked file {tracked} due to {reason}. specify weight 0")
            others.append((kind, tracked, 0, reverse))
        elif kind in {"file", "bfd"} and weight:
            context.error(f"({name}) ignoring tracked {kind} {tracked} with weight {weight} due to {reason}")
        else:
            others.append((kind, tracked, weight, reverse))
    tracking.others[:] = others
