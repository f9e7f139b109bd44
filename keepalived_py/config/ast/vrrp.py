"""The VRRP sections: instances, sync groups, scripts.

Everything inherited from ``global_defs`` is already filled in: a worker never looks at the globals to learn how an instance
behaves. Source of names and defaults: reference/keywords-global-vrrp.tsv, reference/vrrp-behaviour.md §1.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from keepalived_py.config.ast.common import SECOND, Command, IPAddress, Location, Microseconds

if TYPE_CHECKING:
    from keepalived_py.config.ast.routes import Route, Rule
    from keepalived_py.config.ast.trackers import Tracked


_OWNER_PRIORITY = 255


class AuthenticationType(enum.IntEnum):
    """The value of VRRPv2's Auth Type field (RFC 3768 section 5.3.6 and RFC 2338)."""

    NONE = 0
    PASS = 1
    AH = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """``authentication { auth_type PASS; auth_pass ... }``; the password is at most 8 bytes, not padded. Never printed."""

    type: AuthenticationType = AuthenticationType.NONE
    password: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualAddress:
    """One line of ``virtual_ipaddress`` or ``virtual_ipaddress_excluded``.

    ``interface`` is where the address is set (the instance's own unless ``dev`` was given). ``scope`` is the kernel's number
    (0 global, 253 link, 254 host).
    """

    address: IPAddress
    prefix_length: int
    interface: str
    scope: int = 0
    label: str | None = None
    broadcast: IPAddress | None = None
    peer: IPAddress | None = None
    peer_prefix_length: int | None = None
    no_track: bool = False
    location: Location | None = field(default=None, compare=False)
    #: The interface below, when ``interface`` is a virtual one that is made for the address or its instance.
    base_interface: str | None = None
    #: The address alone is on a virtual interface, which its instance is not.
    use_vmac: bool = False
    #: home, -nodad, mngtmpaddr, noprefixroute, autojoin
    flags: frozenset[str] = frozenset()
    #: Seconds that an IPv6 address is preferred; None is for ever, 0 from the start deprecated.
    preferred_lifetime: int | None = None
    track_group: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnicastPeer:
    """One line of ``unicast_peer``; the TTL range is None when not checked."""

    address: IPAddress
    min_ttl: int | None = None
    max_ttl: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedScript:
    """A reference to a ``vrrp_script`` by name with the weight in force here (the reference's own, else the script's)."""

    name: str
    weight: int = 0
    reverse: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedInterface:
    """An interface whose loss changes the priority (weight) or, with weight 0, puts the instance into FAULT."""

    name: str
    weight: int = 0
    reverse: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GratuitousArpTiming:
    """When and how often gratuitous ARP is sent. Source: reference/vrrp-behaviour.md §9."""

    delay: Microseconds = 5 * SECOND
    repeat: int = 5
    refresh: Microseconds = 0
    refresh_repeat: int = 1
    lower_priority_delay: Microseconds = 5 * SECOND
    lower_priority_repeat: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyScripts:
    """The scripts of an instance or group, by the state that runs them. Source: reference/cli-and-process.md §9."""

    master: Command | None = None
    backup: Command | None = None
    fault: Command | None = None
    stop: Command | None = None
    deleted: Command | None = None
    generic: Command | None = None
    master_rx_lower_pri: Command | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VrrpScript:
    """``vrrp_script NAME``. ``timeout`` is the interval unless configured."""

    name: str
    command: Command
    interval: Microseconds = SECOND
    timeout: Microseconds = SECOND
    rise: int = 1
    fall: int = 1
    weight: int = 0
    reverse: bool = False
    location: Location | None = field(default=None, compare=False)
    init_fail: bool = False
    insecure: bool = False
    #: As configured; 0 stands for the interval.
    configured_timeout: Microseconds = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualMac:
    """``use_vmac`` (kind "vmac") or ``use_ipvlan`` ("ipvlan"): the interface made for an instance.

    ``mac`` is None for the one RFC 5798 gives; ``mode`` is that of an ipvlan: bridge, private or vepa.
    """

    kind: str
    interface: str
    mac: str | None = None
    mac_uses_vrid: bool = False
    xmit_base: bool = False
    netlink_notify: bool = False
    group: int | None = None
    mode: str = "bridge"
    address: IPAddress | None = None
    address_prefix_length: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HmacKey:
    """A key of ``auth_hmac``: 32 to 64 bytes, wherever they were written. Never printed."""

    id: int
    secret: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HmacAuthentication:
    """``auth_hmac``: ``time_window`` in seconds, used when ``anti_replay_time``."""

    keys: tuple[HmacKey, ...]
    active_key: int
    mode: str = "enforce"
    anti_replay_time: bool = True
    time_window: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class VrrpInstance:
    """``vrrp_instance NAME``: one virtual router on one interface."""

    name: str
    interface: str
    virtual_router_id: int
    version: int = 2
    family: int = 4
    priority: int = 100
    state_master: bool = False
    advert_int: Microseconds = SECOND
    virtual_addresses: tuple[VirtualAddress, ...] = ()
    excluded_addresses: tuple[VirtualAddress, ...] = ()
    authentication: Authentication = field(default_factory=Authentication)
    source_address: IPAddress | None = None
    track_source_address: bool = False
    unicast: bool = False
    unicast_peers: tuple[UnicastPeer, ...] = ()
    unicast_ttl: int = 255
    check_unicast_source: bool = False
    multicast_group: IPAddress | None = None
    nopreempt: bool = False
    preempt_delay: Microseconds = 0
    down_timer_adverts: int = 3
    accept: bool = True
    strict: bool = False
    dont_track_primary: bool = False
    skip_check_adv_addr: bool = False
    owner_ignore_adverts: bool = False
    lower_prio_no_advert: bool = False
    higher_prio_send_advert: bool = False
    garp: GratuitousArpTiming = field(default_factory=GratuitousArpTiming)
    track_interfaces: tuple[TrackedInterface, ...] = ()
    track_scripts: tuple[TrackedScript, ...] = ()
    notify: NotifyScripts = field(default_factory=NotifyScripts)
    notify_deleted: bool = False
    smtp_alert: bool = False
    location: Location | None = field(default=None, compare=False)
    sync_group: str | None = None
    #: MASTER or BACKUP: what it wants at start, after its sync group had its say.
    wanted_state: str = "BACKUP"
    #: Faults of its configuration that keep it from running.
    config_faults: int = 0
    unicast_configured: bool = False
    unicast_fault_no_peer: bool = False
    unicast_ttl_configured: bool = False
    #: As configured here; ``check_unicast_source`` is in force.
    check_unicast_source_configured: bool = False
    #: Whether version 3's checksum over unicast covers the multicast group as before 1.3.6: "config" always, "never", or "no", not
    #: before a peer does.
    unicast_checksum: str = "no"
    #: That group, None for the usual one.
    checksum_group: IPAddress | None = None
    v3_checksum_as_v2: bool = False
    virtual_mac: VirtualMac | None = None
    #: ``use_vmac_addr``: addresses on other interfaces have virtual ones, too.
    use_vmac_addr: bool = False
    vrf: str | None = None
    hmac: HmacAuthentication | None = None
    no_virtual_ipaddress: bool = False
    promote_secondaries: bool = False
    linkbeat_use_polling: bool = False
    timer_expired_backup: int = 0
    garp_extra_interval: int = 0
    garp_extra_all: bool = False
    kernel_rx_buf_size: int = 0
    debug: int = 0
    notify_priority_changes: bool = False
    track_files: tuple[Tracked, ...] = ()
    track_processes: tuple[Tracked, ...] = ()
    track_bfds: tuple[Tracked, ...] = ()
    virtual_routes: tuple[Route, ...] = ()
    virtual_rules: tuple[Rule, ...] = ()
    #: What the interface had when the configuration was read: the address to send from, and the kernel's number.
    interface_address: IPAddress | None = field(default=None, compare=False)
    interface_index: int = field(default=0, compare=False)

    @property
    def advert_interface(self) -> str:
        """The interface that adverts leave and come in by: the virtual one unless the base is to carry them."""
        virtual = self.virtual_mac
        return self.interface if virtual is None or virtual.xmit_base else virtual.interface

    @property
    def filters_addresses(self) -> bool:
        """Whether nobody may use its addresses: no_accept, which strict_mode implies; an address owner accepts (RFC 5798 §6.1)."""
        return not self.accept and self.priority != _OWNER_PRIORITY


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncGroup:
    """``vrrp_sync_group NAME``: instances (by name, at least two, all existing) that change state together."""

    name: str
    members: tuple[str, ...]
    track_interfaces: tuple[TrackedInterface, ...] = ()
    track_scripts: tuple[TrackedScript, ...] = ()
    notify: NotifyScripts = field(default_factory=NotifyScripts)
    smtp_alert: bool = False
    sync_group_tracking_weight: bool = False
    location: Location | None = field(default=None, compare=False)
    notify_priority_changes: bool | None = None
    track_files: tuple[Tracked, ...] = ()
    track_processes: tuple[Tracked, ...] = ()
    track_bfds: tuple[Tracked, ...] = ()
