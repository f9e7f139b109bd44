"""The LVS sections: virtual servers, real servers and their checks, inheritance resolved.

Source of names and defaults: reference/keywords-checker-bfd.tsv, reference/checker-behaviour.md §2.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from keepalived_py.config.ast.checks_other import (
    BfdCheck,
    DnsCheck,
    FileCheck,
    MiscCheck,
    PingCheck,
    SmtpCheck,
    UdpCheck,
)
from keepalived_py.config.ast.common import SECOND, Command, IPAddress, Location, Microseconds

if TYPE_CHECKING:
    from ipaddress import IPv4Address

    from keepalived_py.config.ast.check_common import CheckCommon


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
    """Netmask (IPv4) or prefix length (IPv6) that groups clients for persistence, as a prefix length.

    ``mask`` is the netmask as written: it may have holes.
    """

    prefix_length: int
    mask: IPv4Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tunnel:
    """The encapsulation of ``TUN``: type ipip, gue or gre; checksum nocsum, csum or remcsum; a port for gue only."""

    type: str = "ipip"
    port: int = 0
    checksum: str = "nocsum"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckDefaults:
    """What a virtual or real server gives its checks; None is not given, each kind of check then has its own."""

    connect_timeout: Microseconds = 5 * SECOND
    delay_loop: Microseconds = 60 * SECOND
    retry: int | None = None
    delay_before_retry: Microseconds | None = None
    warmup: Microseconds | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpCheck:
    """``TCP_CHECK``."""

    common: CheckCommon
    location: Location | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlRegex:
    """``regex`` of a ``url``: PCRE2 option names, where a match may start (offsets in bytes, both inclusive), the JIT stack."""

    pattern: str
    options: frozenset[str] = frozenset()
    no_match: bool = False
    min_offset: int = 0
    max_offset: int | None = None
    stack: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpUrl:
    """One ``url`` block. ``digest`` is 16 bytes of MD5 or None; ``status_codes`` are inclusive ranges, () = the default 200-299."""

    path: str
    digest: bytes | None = None
    status_codes: tuple[tuple[int, int], ...] = ()
    virtualhost: str | None = None
    tls_compliant: bool = False
    regex: UrlRegex | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpGet:
    """``HTTP_GET`` (``ssl`` False) or ``SSL_GET`` (True). ``http_protocol`` is one of 1.0, 1.0C, 1.0c, 1.1.

    ``virtualhost`` is in force for urls without their own; ``virtualhost_configured`` is what the check itself says.
    """

    common: CheckCommon
    urls: tuple[HttpUrl, ...]
    ssl: bool = False
    virtualhost: str | None = None
    http_protocol: str = "1.0"
    fast_recovery: bool = False
    enable_sni: bool = False
    location: Location | None = field(default=None, compare=False)
    virtualhost_configured: str | None = None
    sni_name: str | None = None
    tls_compliant: bool = False


#: The checks that a worker runs.
Checker: TypeAlias = TcpCheck | HttpGet
#: All checks that there are.
AnyCheck: TypeAlias = (
    TcpCheck | HttpGet | SmtpCheck | DnsCheck | UdpCheck | PingCheck | MiscCheck | FileCheck | BfdCheck
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RealServer:
    """``real_server ADDRESS PORT``; lvs_method, weight and the rest inherited from the virtual server are filled in.

    ``checkers`` are the checks that run; ``checks`` are all, as written and in their order.
    """

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
    checks: tuple[AnyCheck, ...] = ()
    #: Checks in alpha mode whose script turned out to be unusable: they are gone, but count as failed for ever.
    lost_checks: int = 0
    alpha: bool = False
    tunnel: Tunnel = field(default_factory=Tunnel)
    defaults: CheckDefaults = field(default_factory=CheckDefaults)
    snmp_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SorryServer:
    """``sorry_server ADDRESS PORT``: in the table when the quorum is lost; weight 1, never checked."""

    address: IPAddress
    port: int
    lvs_method: ForwardingMethod = ForwardingMethod.NAT
    inhibit: bool = False
    tunnel: Tunnel = field(default_factory=Tunnel)
    #: It is one of the real servers too.
    is_real_server: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualServer:
    """``virtual_server ...``: one kernel service with its real servers.

    ``persistence_timeout`` is in seconds, 0 = off. ``scheduler_flags`` are the kernel's service flag bits for the scheduler
    (reference/ipvs.md §3: 0x8, 0x10, 0x20).

    A server of a group has the group's name, and counts from 0 among its servers as ``group_member``. ``lvs_method`` None: all
    its servers say it themselves. ``families`` are those it serves, empty when unknown.
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
    group: str | None = None
    group_member: int = 0
    families: tuple[int, ...] = (4,)
    lvs_method: ForwardingMethod | None = None
    tunnel: Tunnel = field(default_factory=Tunnel)
    defaults: CheckDefaults = field(default_factory=CheckDefaults)
    inhibit_on_failure: bool = False
    snmp_name: str | None = None
