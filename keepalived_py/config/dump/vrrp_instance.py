"""One instance of the section ``VRRP Topology``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from keepalived_py.config.ast import AuthenticationType
from keepalived_py.config.dump.text import address_text, enabled, prefix_text, rounded, true_false, yes_no
from keepalived_py.config.dump.vrrp_lines import (
    address_line,
    notify_lines,
    route_lines,
    rule_line,
    tracked_lines,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.config.ast import VrrpInstance

_SECOND: Final = 1_000_000
_MILLISECOND: Final = 1000
_OWNER: Final = 255
_GROUPS: Final = {4: "224.0.0.18", 6: "ff02::12"}


def instance_lines(instance: VrrpInstance) -> Iterator[str]:
    """Give the lines of one instance."""
    yield f" VRRP Instance = {instance.name}"
    yield f"   VRRP Version = {instance.version}"
    if instance.sync_group is not None:
        yield f"   Sync group = {instance.sync_group}"
    if instance.family == 6:
        yield "   Using Native IPv6"
    yield from _flags(instance)
    yield f"   Wantstate = {instance.wanted_state}"
    yield f"   Number of config faults = {instance.config_faults}"
    yield from _interface(instance)
    yield from _source(instance)
    yield from _arp(instance)
    yield from _election(instance)
    yield from _authentication(instance)
    yield from _addresses(instance)
    yield from _unicast(instance)
    yield "   No sockets allocated"
    if instance.virtual_routes:
        yield "   Virtual Routes :"
        for route in instance.virtual_routes:
            yield from route_lines(route)
    if instance.virtual_rules:
        yield "   Virtual Rules :"
        yield from (rule_line(rule) for rule in instance.virtual_rules)
    yield from tracked_lines(instance, processes="processes")
    yield f"   Using smtp notification = {yes_no(instance.smtp_alert)}"
    yield f"   Notify deleted = {'Deleted' if instance.notify_deleted else 'Fault'}"
    yield from notify_lines(instance.notify)
    yield f"   Notify priority changes = {true_false(instance.notify_priority_changes)}"


def _flags(instance: VrrpInstance) -> Iterator[str]:
    """Give the heading of the flags even when none of those that are set has a line."""
    any_flag = (
        instance.unicast_configured,
        instance.unicast_fault_no_peer,
        instance.dont_track_primary,
        instance.linkbeat_use_polling,
        instance.skip_check_adv_addr,
        instance.source_address is not None,
        instance.check_unicast_source_configured,
        instance.promote_secondaries,
        instance.no_virtual_ipaddress,
        instance.nopreempt,
        instance.v3_checksum_as_v2,
        instance.virtual_mac is not None,
        instance.use_vmac_addr,
        instance.garp_extra_all,
    )
    if not any(any_flag):
        yield "   Flags: none"
        return
    yield "   Flags:"
    if instance.unicast:
        yield "     Using unicast"
    elif instance.unicast_configured:
        yield "     Unicast config option specified but using multicast"
    if instance.unicast_fault_no_peer:
        yield "     If unicast go to fault state if no peers"


def _virtual_interface(instance: VrrpInstance) -> Iterator[str]:
    made = instance.virtual_mac
    up = true_false(bool(instance.interface_index))
    if made is not None and made.kind == "vmac":
        yield f"   Use VMAC, i/f name {made.interface}, is_up = {up}, xmit_base = {true_false(made.xmit_base)}"
        if made.mac is not None:
            yield f"     MAC = {made.mac}{' (using VRID)' if made.mac_uses_vrid else ''}"
    elif made is not None:
        address = ""
        if made.address is not None and made.address_prefix_length is not None:
            address = f", i/f address = {prefix_text(made.address, made.address_prefix_length)}"
        yield f"   Use IPVLAN, i/f {made.interface}, is_up = {up}{address}, type {made.mode}"
    if made is not None and made.netlink_notify:
        yield "     Force netlink update for base interface"
    if instance.use_vmac_addr:
        yield "     Use VMAC for VIPs on other interfaces"
    if made is not None and made.group is not None:
        yield f"     Interface group {made.group}"


def _interface(instance: VrrpInstance) -> Iterator[str]:
    made = instance.virtual_mac
    yield from _virtual_interface(instance)
    if made is not None and instance.interface_index:
        base = ", xmit base i/f" if made.xmit_base else ""
        yield f"   Interface = {made.interface}, {made.kind} on {instance.interface}{base}"
    else:
        name = instance.interface if made is None else made.interface
        yield f"   Interface = {name or 'not configured'}"
    if instance.vrf is not None:
        yield f"   VRF = {instance.vrf}"
    if instance.dont_track_primary:
        yield "   VRRP interface tracking disabled"
    if instance.skip_check_adv_addr:
        yield "   Skip checking advert IP addresses"
    if instance.no_virtual_ipaddress:
        yield "   Suppress no VIPs warning"
    if instance.strict:
        yield "   Enforcing strict VRRP compliance"


def _source(instance: VrrpInstance) -> Iterator[str]:
    source = instance.source_address
    if source is not None:
        yield f"   Using src_ip = {address_text(source)} (from configuration)"
    else:
        own = instance.interface_address
        yield f"   Using src_ip = {'(none)' if own is None else address_text(own)}"
    if instance.unicast:
        return
    group = instance.multicast_group
    text = _GROUPS[instance.family] if group is None else address_text(group)
    if instance.family == 6:
        made = instance.virtual_mac
        index = instance.interface_index if made is None or made.xmit_base else 0
        text = f"{text}, ifindex {index}"
    yield f"   Multicast address {text}"


def _arp(instance: VrrpInstance) -> Iterator[str]:
    garp = instance.garp
    yield f"   Gratuitous ARP delay = {garp.delay // _SECOND}"
    yield f"   Gratuitous ARP repeat = {garp.repeat}"
    yield f"   Gratuitous ARP refresh = {garp.refresh // _SECOND}"
    yield f"   Gratuitous ARP refresh repeat = {garp.refresh_repeat}"
    yield f"   Gratuitous ARP lower priority delay = {garp.lower_priority_delay // _SECOND}"
    yield f"   Gratuitous ARP lower priority repeat = {garp.lower_priority_repeat}"
    yield f"   Down timer adverts = {instance.down_timer_adverts}"
    if instance.garp_extra_interval:
        which = "i/f" if instance.garp_extra_all else "VMAC"
        yield f"   Gratuitous ARP for each secondary {which} = {instance.garp_extra_interval}"


def _election(instance: VrrpInstance) -> Iterator[str]:
    yield f"   Send advert after receive lower priority advert = {true_false(not instance.lower_prio_no_advert)}"
    yield f"   Send advert after receive higher priority advert = {true_false(instance.higher_prio_send_advert)}"
    if instance.priority == _OWNER:
        yield f"   Address owner ignores received adverts = {true_false(instance.owner_ignore_adverts)}"
    yield f"   Virtual Router ID = {instance.virtual_router_id}"
    yield f"   Priority = {instance.priority}"
    if instance.nopreempt:
        yield f"   Highest other priority = {instance.timer_expired_backup}"
    if instance.version == 2:
        yield f"   Advert interval = {instance.advert_int // _SECOND} sec"
    else:
        yield f"   Advert interval = {instance.advert_int // _MILLISECOND} milli-sec"
    yield "   Last advert sent = 0.000000"
    yield f"   Accept = {enabled(instance.accept)}"
    yield f"   Preempt = {enabled(not instance.nopreempt)}"
    if instance.preempt_delay:
        yield f"   Preempt delay = {rounded(instance.preempt_delay / _SECOND)} secs"
    yield f"   Promote_secondaries = {enabled(instance.promote_secondaries)}"


def _authentication(instance: VrrpInstance) -> Iterator[str]:
    kind = instance.authentication.type
    if kind == AuthenticationType.AH:
        yield "   Authentication type = IPSEC_AH"
    elif kind == AuthenticationType.PASS:
        yield "   Authentication type = SIMPLE_PASSWORD"
        yield "   Password = ********"
    elif instance.version == 2:
        yield "   Authentication type = none"
    hmac = instance.hmac
    if hmac is not None:
        yield "   Authentication extension = HMAC-SHA256-128"
        yield f"     Keys = {len(hmac.keys)}, active key id = {hmac.active_key}"
        yield f"     Mode = {hmac.mode}"
        kept = f"time, window = {hmac.time_window} sec" if hmac.anti_replay_time else "monotonic"
        yield f"     Anti replay = {kept}"
    if instance.version == 3 and instance.family == 4:
        yield f"   VRRPv3 uses VRRPv2 checksum = {enabled(instance.v3_checksum_as_v2)}"
    if instance.kernel_rx_buf_size:
        yield f"   Kernel rx buffer size = {instance.kernel_rx_buf_size}"
    if instance.debug:
        yield f"   Debug level = {instance.debug}"


def _addresses(instance: VrrpInstance) -> Iterator[str]:
    if instance.virtual_addresses:
        yield f"   Virtual IP ({len(instance.virtual_addresses)}):"
        yield from (address_line(address) for address in instance.virtual_addresses)
    if instance.excluded_addresses:
        yield "   Virtual IP Excluded :"
        yield from (address_line(address) for address in instance.excluded_addresses)


def _unicast(instance: VrrpInstance) -> Iterator[str]:
    if not instance.unicast:
        return
    if instance.family == 4 or instance.unicast_ttl_configured:
        yield f"   Unicast TTL = {instance.unicast_ttl}"
    yield f"   Check unicast src : {yes_no(instance.check_unicast_source_configured)}"
    yield "   Unicast Peer :"
    for peer in instance.unicast_peers:
        low = peer.min_ttl or 0
        high = 255 if peer.max_ttl is None else peer.max_ttl
        yield f"     {address_text(peer.address)} min_ttl {low} max_ttl {high}"
    yield f"   Unicast checksum compatibility = {instance.unicast_checksum}"
