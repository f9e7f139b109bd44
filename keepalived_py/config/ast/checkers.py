"""The LVS sections: virtual servers, real servers and their checks, inheritance resolved.

Source of names and defaults: reference/keywords-checker-bfd.tsv, reference/checker-behaviour.md §2.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TypeAlias

from keepalived_py.config.ast.common import SECOND, Command, IPAddress, Location, Microseconds


class Protocol(enum.IntEnum):
    """IP protocol numbers of a virtual server; NONE for a pure fwmark service."""

    NONE = 0
    TCP = 6
    UDP = 17
    SCTP = 132


class ForwardingMethod(enum.IntEnum):
    """IPVS forwarding methods as the kernel numbers them (reference/ipvs.md §4)."""

    NAT = 0
    TUN = 2
    DR = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualServerKey:
    """What identifies a virtual server: an address with port, or a firewall mark (then address is None)."""

    address: IPAddress | None
    port: int
    protocol: Protocol
    fwmark: int = 0
    family: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class PersistenceGranularity:
    """Netmask (IPv4) or prefix length (IPv6) that groups clients for persistence, as a prefix length."""

    prefix_length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckCommon:
    """What every check has: whom it connects to and its timing. Source: reference/checker-behaviour.md §2 and §3.

    ``connect_ip``/``connect_port`` are resolved (the real server's unless configured).
    """

    connect_ip: IPAddress
    connect_port: int
    bindto: IPAddress | None = None
    bind_port: int = 0
    bind_if: str | None = None
    fwmark: int = 0
    connect_timeout: Microseconds = 5 * SECOND
    retry: int = 1
    delay_before_retry: Microseconds = SECOND
    delay_loop: Microseconds = 60 * SECOND
    warmup: Microseconds = 60 * SECOND
    alpha: bool = False
    log_all_failures: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpCheck:
    """``TCP_CHECK``."""

    common: CheckCommon
    location: Location | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpUrl:
    """One ``url`` block. ``digest`` is 16 bytes of MD5 or None; ``status_codes`` are inclusive ranges, () = the default 200-299."""

    path: str
    digest: bytes | None = None
    status_codes: tuple[tuple[int, int], ...] = ()
    virtualhost: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpGet:
    """``HTTP_GET`` (``ssl`` False) or ``SSL_GET`` (True). ``http_protocol`` is one of 1.0, 1.0C, 1.0c, 1.1."""

    common: CheckCommon
    urls: tuple[HttpUrl, ...]
    ssl: bool = False
    virtualhost: str | None = None
    http_protocol: str = "1.0"
    fast_recovery: bool = False
    enable_sni: bool = False
    location: Location | None = field(default=None, compare=False)


Checker: TypeAlias = TcpCheck | HttpGet


@dataclass(frozen=True, slots=True, kw_only=True)
class RealServer:
    """``real_server ADDRESS PORT``; lvs_method, weight and the rest inherited from the virtual server are filled in."""

    address: IPAddress
    port: int
    weight: int = 1
    lvs_method: ForwardingMethod = ForwardingMethod.NAT
    inhibit_on_failure: bool = False
    upper_threshold: int = 0
    lower_threshold: int = 0
    virtualhost: str | None = None
    smtp_alert: bool = True
    notify_up: Command | None = None
    notify_down: Command | None = None
    checkers: tuple[Checker, ...] = ()
    location: Location | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SorryServer:
    """``sorry_server ADDRESS PORT``: in the table when the quorum is lost; weight 1, never checked."""

    address: IPAddress
    port: int
    lvs_method: ForwardingMethod = ForwardingMethod.NAT
    inhibit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualServer:
    """``virtual_server ...``: one kernel service with its real servers.

    ``persistence_timeout`` is in seconds, 0 = off. ``scheduler_flags`` are the kernel's service flag bits for the scheduler
    (reference/ipvs.md §3: 0x8, 0x10, 0x20).
    """

    key: VirtualServerKey
    scheduler: str = "wlc"
    scheduler_flags: int = 0
    persistence_timeout: int = 0
    persistence_granularity: PersistenceGranularity | None = None
    persistence_engine: str | None = None
    one_packet: bool = False
    alpha: bool = False
    omega: bool = False
    ha_suspend: bool = False
    quorum: int = 1
    hysteresis: int = 0
    quorum_up: Command | None = None
    quorum_down: Command | None = None
    virtualhost: str | None = None
    smtp_alert: bool = False
    sorry_server: SorryServer | None = None
    real_servers: tuple[RealServer, ...] = ()
    location: Location | None = field(default=None, compare=False)
