"""What instances and groups track besides interfaces and scripts, and the blocks around them.

Source: reference/keywords-global-vrrp.tsv.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keepalived_py.config.ast.common import IPAddress, Location, Microseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """A reference to a tracked file, process or BFD session by name, with the weight in force here."""

    name: str
    weight: int = 0
    reverse: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackFile:
    """``track_file NAME``. ``initial`` is what the file is made with; with ``overwrite`` even when it exists."""

    name: str
    path: str
    weight: int = 1
    reverse: bool = False
    initial: int | None = None
    overwrite: bool = False
    location: Location | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackProcess:
    """``vrrp_track_process NAME``. ``match`` is "", exact, partial or initial; ``maximum`` None is without limit."""

    name: str
    process: str
    parameters: tuple[str, ...] = ()
    match: str = ""
    weight: int = 0
    reverse: bool = False
    quorum: int = 1
    maximum: int | None = None
    terminate_delay: Microseconds = 0
    fork_delay: Microseconds = 0
    full_command: bool = False
    location: Location | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BfdInstance:
    """``bfd_instance NAME``. Intervals in microseconds; ``ttl`` None is the family's usual one."""

    name: str
    neighbor: IPAddress | None = None
    source: IPAddress | None = None
    min_rx: Microseconds = 10_000
    min_tx: Microseconds = 10_000
    idle_tx: Microseconds = 1_000_000
    multiplier: int = 5
    passive: bool = False
    ttl: int | None = None
    max_hops: int = 0
    multihop: bool = False
    for_vrrp: bool = True
    for_checkers: bool = True
    weight: int = 0
    reverse: bool = False
    location: Location | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackGroup:
    """``track_group NAME``: the instances that are in FAULT while an interface of its static entries is down."""

    name: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GarpGroup:
    """``garp_group``: gaps between gratuitous ARPs and unsolicited NAs on some interfaces; None is not limited."""

    interfaces: tuple[str, ...] = ()
    garp_interval: Microseconds | None = None
    gna_interval: Microseconds | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkbeatInterface:
    """A line of ``linkbeat_interfaces``; ``method`` is MII, ETHTOOL, IOCTL or "" (the best there is)."""

    name: str
    method: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceDelays:
    """A line of ``interface_up_down_delays``."""

    name: str
    down: Microseconds = 0
    up: Microseconds = 0
