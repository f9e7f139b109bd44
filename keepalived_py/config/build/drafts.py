"""Drafts: what was written for each object, read and typed but with nothing filled in. Changed only while building.

``values`` holds the single statements by keyword, as the declarations say; fields hold what blocks of lines gave.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ipaddress import IPv4Address

    from keepalived_py.config.ast import (
        Command,
        GarpGroup,
        GroupMark,
        GroupRange,
        HttpUrl,
        InterfaceDelays,
        IPAddress,
        LinkbeatInterface,
        Location,
        Route,
        Rule,
        TrackedInterface,
        TrackedScript,
        UnicastPeer,
    )
    from keepalived_py.config.report import Stage


@dataclass(slots=True)
class GlobalDraft:
    """``global_defs`` and the root statements."""

    name: str = "global_defs"
    values: dict[str, Any] = field(default_factory=dict)
    emails: list[str] = field(default_factory=list)
    smtp_server: IPAddress | None = None
    smtp_server_name: str | None = None
    smtp_server_port: int = 25
    script_identity: tuple[int, int] | None = None
    script_identity_failed: bool = False
    #: The stages in which something ran as the default user.
    identity_stages: set[Stage] = field(default_factory=set)
    fifo_owners: dict[str, tuple[int, int]] = field(default_factory=dict)
    lvs_timeouts: dict[str, int] = field(default_factory=dict)
    lvs_sync_interface: str | None = None
    lvs_sync: dict[str, int] = field(default_factory=dict)
    lvs_sync_group: IPAddress | None = None
    #: The namespace of the command line, which wins over ``net_namespace``.
    namespace_override: str | None = None
    has_vrrp: bool = False
    has_checkers: bool = False


@dataclass(slots=True)
class AddressDraft:
    """A line of ``virtual_ipaddress``; ``interface`` is None unless ``dev`` was given."""

    address: IPAddress
    prefix_length: int
    interface: str | None = None
    scope: int = 0
    label: str | None = None
    broadcast: IPAddress | None = None
    peer: IPAddress | None = None
    no_track: bool = False
    use_vmac: bool = False
    location: Location | None = None
    flags: set[str] = field(default_factory=set)
    #: Seconds, None for ever, or -1 while nothing is said.
    preferred_lifetime: int | None = -1
    track_group: str | None = None
    #: Set by the verifier: the interface below the virtual one that ``interface`` then is.
    base_interface: str | None = None
    #: Set by the verifier: this address has a virtual interface of its own.
    own_vmac: bool = False


@dataclass(slots=True)
class TrackingDraft:
    """What an instance or a group tracks."""

    interfaces: list[TrackedInterface] = field(default_factory=list)
    interface_names: set[str] = field(default_factory=set)
    scripts: list[TrackedScript] = field(default_factory=list)
    #: (kind, name, weight, reverse) of files, processes and BFD sessions.
    others: list[tuple[str, str, int, bool]] = field(default_factory=list)


@dataclass(slots=True)
class InstanceDraft:
    """``vrrp_instance``. ``family`` is 4, 6, or 0 while nothing has decided it; ``state`` is "" unless written."""

    name: str
    location: Location | None
    values: dict[str, Any] = field(default_factory=dict)
    family: int = 0
    version: int = 0
    state: str = ""
    interface: str | None = None
    unicast_configured: bool = False
    check_unicast_source: bool = False
    peers: list[UnicastPeer] = field(default_factory=list)
    source: IPAddress | None = None
    group_address: IPAddress | None = None
    addresses: list[AddressDraft] = field(default_factory=list)
    excluded: list[AddressDraft] = field(default_factory=list)
    #: What ``peers``, ``addresses`` and ``excluded`` hold already: thousands are looked up.
    taken: set[tuple[object, ...]] = field(default_factory=set)
    tracking: TrackingDraft = field(default_factory=TrackingDraft)
    authentication_type: str = ""
    password: str = ""
    nopreempt: bool = False
    accept: bool | None = None
    hmac_keys: dict[int, bytes] | None = None
    routes: list[Route] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    #: "BACKUP" when the sync group does not let it start as MASTER.
    wanted_state: str = ""
    #: How many faults keep it from running, as the reference counts them.
    config_faults: int = 0
    #: Set by the verifier when one is made: its name.
    virtual_interface: str | None = None
    sync_group: str | None = None
    #: Why the instance may not run with this version, if so.
    unsafe: list[str] = field(default_factory=list)


@dataclass(slots=True)
class GroupDraft:
    """``vrrp_sync_group``."""

    name: str
    location: Location | None
    values: dict[str, Any] = field(default_factory=dict)
    members: list[str] | None = None
    tracking: TrackingDraft = field(default_factory=TrackingDraft)


@dataclass(slots=True)
class ScriptDraft:
    """``vrrp_script``; also what tracked files, processes and BFD sessions need of one: a name and a weight."""

    name: str
    location: Location | None
    values: dict[str, Any] = field(default_factory=dict)
    argv: list[str] = field(default_factory=list)
    user: str | None = None
    group: str | None = None
    identity: tuple[int, int] | None = None
    remove: bool = False
    weight: int = 0
    reverse: bool = False


@dataclass(slots=True)
class TrackFileDraft:
    """``track_file``, ``vrrp_track_process`` and, for tracking, ``bfd_instance``: a name and a weight."""

    name: str
    location: Location | None
    values: dict[str, Any] = field(default_factory=dict)
    weight: int = 0
    reverse: bool = False


@dataclass(slots=True)
class BfdDraft:
    """``bfd_instance`` as the BFD process reads it."""

    name: str
    location: Location | None
    values: dict[str, Any] = field(default_factory=dict)
    neighbor: IPAddress | None = None
    source: IPAddress | None = None
    broken: bool = False


@dataclass(slots=True)
class CheckDraft:
    """One check of a real server. ``keyword`` is the block's."""

    keyword: str
    name: str
    location: Location | None
    values: dict[str, Any] = field(default_factory=dict)
    connect_ip: IPAddress | None = None
    #: The last ``connect_ip`` was refused: the reference then has no address, we the server's.
    connect_ip_refused: bool = False
    #: The real server's port as it was written above the check; the verifier may change the server's, not this.
    connect_port: int = 0
    bindto: IPAddress | None = None
    urls: list[HttpUrl] = field(default_factory=list)
    argv: list[str] = field(default_factory=list)
    identity: tuple[int, int] | None = None
    remove: bool = False
    unsupported: list[str] = field(default_factory=list)


@dataclass(slots=True)
class RealServerDraft:
    """``real_server`` and ``sorry_server``. Port 0 means not given; ``method`` is None unless written."""

    address: IPAddress
    port: int
    location: Location | None
    name: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    method: str | None = None
    tunnel: str = ""
    tunnel_port: int = 0
    tunnel_checksum: str = "nocsum"
    inhibit: bool | None = None
    #: Checks in alpha mode whose script turned out to be unusable: they are gone, but count as failed for ever.
    lost_checks: int = 0
    checks: list[CheckDraft] = field(default_factory=list)


@dataclass(slots=True)
class VirtualServerDraft:
    """``virtual_server``. One of ``address``, ``fwmark`` and ``group`` says what it serves."""

    location: Location | None
    address: IPAddress | None = None
    port: int = 0
    fwmark: int | None = None
    group: str | None = None
    name: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    family: int = 0
    protocol: int = 0
    scheduler: str = ""
    flags: int = 0
    one_packet: bool = False
    method: str | None = None
    tunnel: str = ""
    tunnel_port: int = 0
    tunnel_checksum: str = "nocsum"
    persistence_timeout: int = 0
    persistence_prefix: int | None = None
    persistence_mask: IPv4Address | None = None
    persistence_engine: str | None = None
    quorum_up: Command | None = None
    quorum_down: Command | None = None
    sorry_server: RealServerDraft | None = None
    real_servers: list[RealServerDraft] = field(default_factory=list)


@dataclass(slots=True)
class ServerGroupDraft:
    """``virtual_server_group``: the addresses it names, how many marks, and of which families."""

    name: str
    location: Location | None = None
    #: Each address or range as keepalived prints it, with its port (0 when not given).
    entries: list[tuple[str, int]] = field(default_factory=list)
    ranges: list[GroupRange] = field(default_factory=list)
    marks: list[GroupMark] = field(default_factory=list)
    families: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Drafts:
    """Everything one reading of all stages gives."""

    globals: GlobalDraft = field(default_factory=GlobalDraft)
    scripts: dict[str, ScriptDraft] = field(default_factory=dict)
    instances: dict[str, InstanceDraft] = field(default_factory=dict)
    groups: dict[str, GroupDraft] = field(default_factory=dict)
    files: dict[str, TrackFileDraft] = field(default_factory=dict)
    checker_files: dict[str, TrackFileDraft] = field(default_factory=dict)
    processes: dict[str, TrackFileDraft] = field(default_factory=dict)
    sessions: dict[str, TrackFileDraft] = field(default_factory=dict)
    #: A dictionary for its order.
    checker_sessions: dict[str, None] = field(default_factory=dict)
    track_groups: dict[str, list[str]] = field(default_factory=dict)
    bfd: dict[str, BfdDraft] = field(default_factory=dict)
    servers: list[VirtualServerDraft] = field(default_factory=list)
    server_groups: dict[str, ServerGroupDraft] = field(default_factory=dict)
    #: With those whose name is taken.
    all_server_groups: list[ServerGroupDraft] = field(default_factory=list)
    #: Some SSL_GET was seen, even in a block that was dropped.
    ssl_required: bool = False
    #: The next preference a rule without one gets, by address family.
    rule_preferences: dict[int, int] = field(default_factory=dict)
    #: The names of virtual interfaces by VRID, family, the interface below and MAC.
    virtual_interfaces: dict[tuple[int, int, str, str], str] = field(default_factory=dict)
    garp_groups: int = 0
    garp_interfaces: set[str] = field(default_factory=set)
    garp: list[GarpGroup] = field(default_factory=list)
    static_addresses: list[AddressDraft] = field(default_factory=list)
    static_routes: list[Route] = field(default_factory=list)
    static_rules: list[Rule] = field(default_factory=list)
    linkbeat_interfaces: list[LinkbeatInterface] = field(default_factory=list)
    interface_delays: list[InterfaceDelays] = field(default_factory=list)
    ssl: dict[str, str] | None = None
    #: Set when the configuration names an interface that does not exist (and need not be created later).
    missing_interface: bool = False
