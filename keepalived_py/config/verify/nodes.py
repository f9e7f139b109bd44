"""The AST nodes of instances and addresses that passed the checks: everything inherited is filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from keepalived_py.config.ast import (
    Authentication,
    AuthenticationType,
    GratuitousArpTiming,
    HmacAuthentication,
    HmacKey,
    NotifyScripts,
    Tracked,
    VirtualAddress,
    VrrpInstance,
)
from keepalived_py.config.verify.virtual_interfaces import virtual_mac

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from keepalived_py.config.ast import IPAddress
    from keepalived_py.config.build import Context, InstanceDraft
    from keepalived_py.config.build.drafts import AddressDraft, GroupDraft, TrackingDraft
    from keepalived_py.config.interface_facts import InterfaceFacts

_SECOND: Final = 1_000_000
_SHORTEST_WINDOW: Final = 5
_LONGEST_WINDOW: Final = 300


def make_instance(
    context: Context,
    draft: InstanceDraft,
    notify: NotifyScripts,
    group: GroupDraft | None = None,
    taken: AbstractSet[IPAddress] = frozenset(),
) -> VrrpInstance:
    """Give the AST node of an instance that passed."""
    values = draft.values
    globals_ = context.globals.values
    interface = draft.interface or ""
    kind = AuthenticationType[draft.authentication_type or "NONE"]
    password = draft.password.encode("utf-8", "surrogateescape")[:8] if kind else b""
    multicast = draft.group_address
    if multicast is None and not draft.peers:
        multicast = globals_.get(f"vrrp_mcast_group{draft.family}")
    tracking = draft.tracking
    priority_changes = values.get("notify_priority_changes")
    if priority_changes is None and group is not None:
        priority_changes = group.values.get("notify_priority_changes")
    if priority_changes is None:
        priority_changes = globals_.get("vrrp_notify_priority_changes", False)
    facts = context.host.interface(draft.interface) if draft.interface else None
    smtp_alert = values.get("smtp_alert", globals_.get("smtp_alert_vrrp", globals_.get("smtp_alert")))
    return VrrpInstance(
        name=draft.name,
        interface=interface,
        virtual_router_id=values["virtual_router_id"],
        version=draft.version,
        family=draft.family,
        priority=values["priority"],
        state_master=draft.state == "MASTER",
        advert_int=values["advert_int"],
        virtual_addresses=tuple(_address(context, address, interface) for address in draft.addresses),
        excluded_addresses=tuple(_address(context, address, interface) for address in draft.excluded),
        authentication=Authentication(type=kind, password=password),
        source_address=draft.source,
        track_source_address="track_src_ip" in values and draft.source is not None,
        unicast=bool(draft.peers),
        unicast_peers=tuple(draft.peers),
        unicast_ttl=values.get("unicast_ttl", 255),
        check_unicast_source=draft.check_unicast_source or "vrrp_check_unicast_src" in globals_,
        multicast_group=None if draft.peers else multicast,
        nopreempt=draft.nopreempt,
        preempt_delay=values.get("preempt_delay", 0),
        down_timer_adverts=values["down_timer_adverts"],
        accept=bool(draft.accept),
        strict=bool(values["strict_mode"]),
        dont_track_primary="dont_track_primary" in values,
        skip_check_adv_addr=values.get("skip_check_adv_addr", globals_.get("vrrp_skip_check_adv_addr", False)),
        owner_ignore_adverts=bool(values["owner_ignore_adverts"]),
        lower_prio_no_advert=bool(values["lower_prio_no_advert"]),
        higher_prio_send_advert=bool(values["higher_prio_send_advert"]),
        garp=_garp(values, globals_),
        track_interfaces=tuple(draft.tracking.interfaces),
        track_scripts=tuple(draft.tracking.scripts),
        notify=notify,
        notify_deleted="notify_deleted" in values,
        smtp_alert=bool(smtp_alert),
        location=draft.location,
        sync_group=draft.sync_group,
        wanted_state=draft.wanted_state or draft.state,
        config_faults=draft.config_faults,
        unicast_configured=draft.unicast_configured,
        unicast_fault_no_peer="unicast_fault_no_peer" in values,
        unicast_ttl_configured="unicast_ttl" in values,
        check_unicast_source_configured=draft.check_unicast_source,
        unicast_checksum=values.get("unicast_checksum", "no"),
        checksum_group=globals_.get("vrrp_mcast_group4"),
        v3_checksum_as_v2=values.get("v3_checksum_as_v2", "v3_checksum_as_v2" in globals_),
        virtual_mac=virtual_mac(draft),
        use_vmac_addr="use_vmac_addr" in values,
        vrf=values.get("vrf"),
        hmac=_hmac(draft),
        no_virtual_ipaddress="no_virtual_ipaddress" in values,
        promote_secondaries="promote_secondaries" in values,
        linkbeat_use_polling="linkbeat_use_polling" in values and draft.interface is not None,
        timer_expired_backup=values.get("timer_expired_backup", 0),
        garp_extra_interval=values["garp_extra_if"],
        garp_extra_all="garp_extra_all" in values,
        kernel_rx_buf_size=values.get("kernel_rx_buf_size", 0),
        debug=values.get("debug", 0),
        notify_priority_changes=bool(priority_changes),
        track_files=tracked(tracking, "file"),
        track_processes=tracked(tracking, "process"),
        track_bfds=tracked(tracking, "bfd"),
        virtual_routes=tuple(draft.routes),
        virtual_rules=tuple(draft.rules),
        interface_address=_interface_address(draft, facts, taken),
        interface_index=0 if facts is None else facts.index,
    )


def tracked(tracking: TrackingDraft, kind: str) -> tuple[Tracked, ...]:
    """Give the tracked things of one kind: file, process or bfd."""
    return tuple(
        Tracked(name=name, weight=weight, reverse=reverse)
        for what, name, weight, reverse in tracking.others
        if what == kind
    )


def _interface_address(
    draft: InstanceDraft, facts: InterfaceFacts | None, taken: AbstractSet[IPAddress]
) -> IPAddress | None:
    """Give the address the interface has to send from, which is none that instances own.

    That of a virtual MAC is not known before it is made.
    """
    if facts is None or (draft.family == 6 and draft.virtual_interface and "vmac_xmit_base" not in draft.values):
        return None
    for address in facts.addresses:
        usable = address.version == 4 or (address.is_link_local and facts.link_local_ready)
        if address.version == draft.family and usable and address not in taken:
            return address
    return None


def _hmac(draft: InstanceDraft) -> HmacAuthentication | None:
    if draft.hmac_keys is None:
        return None
    values = draft.values
    window = min(max(3 * (values["advert_int"] // _SECOND), _SHORTEST_WINDOW), _LONGEST_WINDOW)
    return HmacAuthentication(
        keys=tuple(HmacKey(id=number, secret=secret) for number, secret in draft.hmac_keys.items()),
        active_key=values["active_key"],
        mode=values.get("hmac_mode", "enforce"),
        anti_replay_time=values.get("anti_replay", "time") == "time",
        time_window=values.get("time_window", window),
    )


def _garp(values: dict[str, Any], globals_: dict[str, Any]) -> GratuitousArpTiming:
    def either(keyword: str, default: int) -> int:
        return int(values.get(keyword, globals_.get(f"vrrp_{keyword}", default)))

    return GratuitousArpTiming(
        delay=either("garp_master_delay", 5) * _SECOND,
        repeat=either("garp_master_repeat", 5),
        refresh=either("garp_master_refresh", 0) * _SECOND,
        refresh_repeat=either("garp_master_refresh_repeat", 1),
        lower_priority_delay=values["garp_lower_prio_delay"] * _SECOND,
        lower_priority_repeat=values["garp_lower_prio_repeat"],
    )


def _address(context: Context, draft: AddressDraft, interface: str) -> VirtualAddress:
    default = str(context.globals.values.get("default_interface", ""))
    return _virtual_address(draft, draft.interface or interface or default)


def static_address(context: Context, draft: AddressDraft) -> VirtualAddress:
    """Give the AST node of a static address."""
    return _virtual_address(draft, draft.interface or str(context.globals.values.get("default_interface", "eth0")))


def _virtual_address(draft: AddressDraft, interface: str) -> VirtualAddress:
    lifetime = draft.preferred_lifetime
    return VirtualAddress(
        address=draft.address,
        prefix_length=draft.prefix_length,
        interface=interface,
        scope=draft.scope,
        label=draft.label,
        broadcast=draft.broadcast,
        peer=draft.peer,
        peer_prefix_length=None if draft.peer is None else draft.peer.max_prefixlen,
        no_track=draft.no_track,
        location=draft.location,
        base_interface=draft.base_interface,
        use_vmac=draft.own_vmac,
        flags=frozenset(draft.flags),
        preferred_lifetime=None if lifetime == -1 else lifetime,
        track_group=draft.track_group,
    )
