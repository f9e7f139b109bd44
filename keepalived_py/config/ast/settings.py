"""What belongs together in ``global_defs``: processes, FIFOs, firewall, SNMP, D-Bus, buffers.

Defaults as reference/keywords-global-vrrp.tsv gives them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from keepalived_py.config.ast.common import SECOND, Command, IPAddress, Microseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSettings:
    """How one process is scheduled: ``vrrp_priority``, ``vrrp_rt_priority`` and their like. Real-time limit in microseconds."""

    priority: int = 0
    no_swap: bool = False
    realtime_priority: int = 0
    realtime_limit: Microseconds = 10_000
    cpu_affinity: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyFifo:
    """A FIFO that receives state lines, who owns it, and the program that reads it (the path is its last word).

    It is not ``possible`` when its directory does not exist.
    """

    path: str
    uid: int = 0
    gid: int = 0
    script: Command | None = None
    possible: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LvsTimeouts:
    """``lvs_timeouts``, in seconds; 0 leaves the kernel's value."""

    tcp: int = 0
    tcp_fin: int = 0
    udp: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LvsSyncDaemon:
    """``lvs_sync_daemon``; ``sync_id`` is None until the instance's VRID decides it. 0 means not given elsewhere."""

    interface: str
    instance: str | None = None
    sync_id: int | None = None
    maximum_length: int = 0
    port: int = 0
    ttl: int = 0
    group: IPAddress | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Nftables:
    """A table in nftables: ``nftables`` (packets to addresses) or ``nftables_ipvs`` (marks for groups of servers)."""

    table: str
    priority: int = -1
    by_index: bool = False
    first_mark: int = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Snmp:
    """The AgentX sub-agent; ``socket`` None is the usual one."""

    vrrp: bool = False
    checker: bool = False
    rfc_v2: bool = False
    rfc_v3: bool = False
    traps: bool = False
    socket: str | None = None
    virtual_server_interval: Microseconds = 5 * SECOND
    real_server_interval: Microseconds = 5 * SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Dbus:
    """The D-Bus interface."""

    enabled: bool = False
    service_name: str = ""
    no_interface_name: str = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketBuffer:
    """A receive buffer in bytes (0: the kernel's default), and whether the system's limit is overridden."""

    size: int = 0
    force: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveBuffers:
    """``vrrp_rx_bufs_policy``: ``policy`` is "MTU", "ADVERT", "SIZE" or "" (the kernel's default)."""

    policy: str = ""
    size: int = 0
    multiplier: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Reloading:
    """How a reload is asked for and checked. ``check_log`` None: without a test first."""

    check_log: str | None = None
    time_file: str | None = None
    repeat: bool = False
    file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DumpFiles:
    """Where the dumps that signals ask for go; None is the usual place."""

    state: str | None = None
    statistics: str | None = None
    json: str | None = None
    json_version: int = 1
    use_instance: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryScripts:
    """``startup_script`` and ``shutdown_script`` with their limits in seconds."""

    startup: Command | None = None
    shutdown: Command | None = None
    startup_timeout: int = 10
    shutdown_timeout: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Buffers:
    """Receive buffers of the processes' sockets."""

    vrrp_command: SocketBuffer = field(default_factory=SocketBuffer)
    vrrp_monitor: SocketBuffer = field(default_factory=SocketBuffer)
    process_monitor: SocketBuffer = field(default_factory=SocketBuffer)
    lvs_command: SocketBuffer = field(default_factory=SocketBuffer)
    lvs_monitor: SocketBuffer = field(default_factory=SocketBuffer)
    vrrp: ReceiveBuffers = field(default_factory=ReceiveBuffers)


@dataclass(frozen=True, slots=True, kw_only=True)
class VrrpDefaults:
    """The ``vrrp_*`` settings, which instances inherit or that hold for all of them. Delays of ARP in seconds."""

    version: int = 2
    garp_delay: int = 5
    garp_repeat: int = 5
    garp_refresh: int = 0
    garp_refresh_repeat: int = 1
    garp_lower_priority_delay: int = 5
    garp_lower_priority_repeat: int = 5
    garp_interval: Microseconds = 0
    gna_interval: Microseconds = 0
    garp_extra_interval: int = 0
    garp_extra_all: bool = False
    down_timer_adverts: int = 3
    lower_prio_no_advert: bool = False
    higher_prio_send_advert: bool = False
    check_unicast_source: bool = False
    skip_check_adv_addr: bool = False
    strict: bool = False
    owner_ignore_adverts: bool = False
    notify_priority_changes: bool = False
    fifo_write_states_on_reload: bool = False
    startup_delay: Microseconds = 0
    delay_after_boot: Microseconds = 0
    log_unknown_vrids: bool = False
    disable_local_igmp: bool = False
    v3_checksum_as_v2: bool = False
    multicast_group4: IPAddress | None = None
    multicast_group6: IPAddress | None = None
    vmac_prefix: str | None = None
    vmac_address_prefix: str | None = None
    linkbeat_use_polling: bool = False
    dynamic_interfaces: bool = False
    allow_interface_changes: bool = False
    default_interface: str | None = None
    #: A static address names no interface.
    default_interface_used: bool = False
