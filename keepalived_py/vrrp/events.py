"""What can happen to the VRRP room; what it can ask for is in ``effects.py``.

Owns the vocabulary only: events go in, effects come out, both are values that compare, print and replay. No behaviour here.
The first group of events comes from the world (the worker, a simulation, a test) to the router; the second is what the router and
the groups tell a single instance.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from keepalived_py.config.ast import (
        Configuration,
        IPAddress,
        Microseconds,
        Route,
        Rule,
        VrrpInstance,
    )
    from keepalived_py.wire.vrrp import Packet


class State(enum.IntEnum):
    """States of instances and groups, numbered as the reference's JSON dump does (reference/cli-and-process.md §15)."""

    INIT = 0
    BACKUP = 1
    MASTER = 2
    FAULT = 3
    DELETED = 97
    STOP = 98


class FaultKind(enum.Enum):
    """Why an instance cannot take part."""

    INTERFACE_DOWN = "interface down"
    NO_SOURCE_ADDRESS = "no source address"
    SOURCE_NOT_BINDABLE = "source address not configured"
    FILE_STATUS = "file says so"
    NO_QUORUM = "too few or too many processes"
    SCRIPT_FAILED = "script failed"
    SESSION_DOWN = "BFD session down"
    DUPLICATE_ROUTER_ID = "duplicate VRID"
    CONFIGURATION = "configuration"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultCause:
    """One reason for FAULT. An instance keeps a set of them and is healthy only when the set is empty."""

    kind: FaultKind
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceFacts:
    """What the router must know of an interface; ``addresses`` are (address, prefix length) in the kernel's order.

    ``base`` names the interface that a macvlan or ipvlan is a part of.
    """

    name: str
    is_up: bool = True
    flags: int = 0
    addresses: tuple[tuple[IPAddress, int], ...] = ()
    base: str = ""


# --- events from the world --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Sockets are open; work begins. ``readings``: what is tracked shows at this moment."""

    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Leave in the reference's order. ``release`` False is ``--dont-release-vrrp``: no farewell advert, addresses stay."""

    release: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineReached:
    """The ``deadline`` that the machine announced has come (or passed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvertisementReceived:
    """A datagram arrived. ``local`` is the group or own address that the socket is bound to, the packet's destination if None.

    ``wall_clock`` is when it was read, in microseconds since 1970: HMAC trailers carry such times.
    """

    packet: Packet
    interface: str = ""
    local: IPAddress | None = None
    wall_clock: Microseconds = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceChanged:
    """An interface went up or down (IFF_UP and IFF_RUNNING; ``flags`` are all of them).

    ``polled``: found out by polling it, not reported by the kernel.
    """

    name: str
    is_up: bool
    flags: int = 0
    polled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceAdded:
    """An interface appeared, perhaps for the second time."""

    facts: InterfaceFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceRemoved:
    """An interface was deleted, its addresses with it; or it has a new name, which is as much to those who know it by this one."""

    name: str
    new_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressAdded:
    """The kernel reports an address."""

    interface: str
    address: IPAddress
    prefix_length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressRemoved:
    """The kernel reports that an address is gone."""

    interface: str
    address: IPAddress
    prefix_length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingRemoved:
    """A route or rule of the configuration is gone, and not because we wanted that."""

    item: Route | Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingUnknown:
    """Reports about routes and rules were lost: any of ours may be gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptFinished:
    """A run of a track script ended: with a status, or by a signal, or because it was killed for taking too long."""

    name: str
    exit_status: int | None = None
    signal: int | None = None
    timed_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRead:
    """What is in a tracked file now; 0 when there is no such file, or no number in it."""

    name: str
    number: int


class Counting(enum.Enum):
    """How a change of the number of tracked processes came about."""

    FORK = "a tracked process started another"
    EXIT = "a process ended"
    OTHER = "a process became another program, or took another name"
    LISTED = "all processes were counted anew"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessesCounted:
    """How many processes a ``vrrp_track_process`` finds now."""

    name: str
    count: int
    by: Counting = Counting.LISTED


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionChanged:
    """The state of a BFD session that may be tracked."""

    name: str
    is_up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceUnavailable:
    """The socket of a unicast instance could not be bound to its source address."""

    instance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retire:
    """A configuration is about to replace the running one: instances that it no longer has let go now."""

    configuration: Configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconfigure:
    """A complete, verified configuration replaces the running one (reference/cli-and-process.md §7). Retire comes first.

    ``readings``: what the files and processes that it tracks show at this moment.
    """

    configuration: Configuration
    readings: tuple[Reading, ...] = ()


# --- events from the router or a group to one instance ----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultFound:
    """At the start the instance, or a member of its group, is found faulty: say so before anything else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRaised:
    """A cause of FAULT appeared."""

    cause: FaultCause


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultCleared:
    """A cause of FAULT is gone."""

    cause: FaultCause


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptReported:
    """A weight-0 script has given its first result; the instance no longer waits for it."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityChanged:
    """The trackers' sum changed; ``total`` is the base priority plus all contributions, unclamped."""

    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceChanged:
    """The address that adverts are sent from is another now."""

    source: IPAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressLost:
    """Somebody else removed a virtual address of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationChanged:
    """The same virtual router is configured anew. ``total`` is the new base priority plus what trackers contribute."""

    configuration: VrrpInstance
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """The new configuration has no such virtual router any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMoved:
    """The sync group moves all its members to ``state`` (MASTER, BACKUP or FAULT)."""

    state: State


Reading: TypeAlias = FileRead | ProcessesCounted | SessionChanged | InterfaceChanged
RouterEvent: TypeAlias = (
    Start
    | Stop
    | DeadlineReached
    | AdvertisementReceived
    | InterfaceChanged
    | InterfaceAdded
    | InterfaceRemoved
    | AddressAdded
    | AddressRemoved
    | RoutingRemoved
    | RoutingUnknown
    | ScriptFinished
    | FileRead
    | ProcessesCounted
    | SessionChanged
    | SourceUnavailable
    | Retire
    | Reconfigure
)
InstanceEvent: TypeAlias = (
    Start
    | Stop
    | DeadlineReached
    | AdvertisementReceived
    | FaultFound
    | FaultRaised
    | FaultCleared
    | ScriptReported
    | PriorityChanged
    | SourceChanged
    | AddressLost
    | ConfigurationChanged
    | Withdrawn
    | GroupMoved
)
