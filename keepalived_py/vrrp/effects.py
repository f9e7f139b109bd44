"""What the VRRP room can ask for: effects, which the edge carries out.

Owns the vocabulary only, as ``events.py`` does for what can happen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from keepalived_py.config.ast import IPAddress, Route, Rule, VirtualAddress
    from keepalived_py.vrrp.events import State

#: syslog's numbers: informational, the level of nearly every line of the reference; and warning.
INFO = 6
WARNING = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class SendAdvertisement:
    """Send one logical advert: to the group, or a copy to each unicast peer.

    ``sequence`` is the number in its authentication header, 0 without one. ``group_checksum``: version 3's checksum is to be the
    one of old peers, over the multicast group.
    """

    instance: str
    priority: int
    source: IPAddress
    sequence: int = 0
    group_checksum: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallAddresses:
    """Set these addresses, in this order. One that exists already is accepted as ours. Static ones have no ``instance``."""

    instance: str
    addresses: tuple[VirtualAddress, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveAddresses:
    """Remove these addresses, in this order. One that does not exist is no error."""

    instance: str
    addresses: tuple[VirtualAddress, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallRouting:
    """Set these routes and rules, in this order. One that exists already is accepted as ours. Static ones have no ``instance``."""

    instance: str
    items: tuple[Route | Rule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveRouting:
    """Remove these routes and rules, in this order. One that does not exist is no error."""

    instance: str
    items: tuple[Route | Rule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterAddresses:
    """Drop packets to and from these addresses (``on``), or let them pass again.

    Those in ``by_name`` are on an interface whose successor of the same name is meant, too (dont_track_primary, no_track).
    """

    instance: str
    addresses: tuple[VirtualAddress, ...]
    by_name: tuple[VirtualAddress, ...] = ()
    on: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreInterface:
    """A virtual interface has vanished or its base has come back: make it anew if it can be."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SendGratuitousArp:
    """Broadcast one gratuitous ARP request; who sends it logs ``Sending gratuitous ARP on IF for A`` (detail)."""

    instance: str
    interface: str
    address: IPAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class SendNeighbourAdvertisement:
    """Multicast one unsolicited neighbour advertisement; who sends it logs ``Sending unsolicited Neighbour Advert on IF for A``."""

    instance: str
    interface: str
    address: IPAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class RunScript:
    """Run a track script now and answer with ScriptFinished."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StopScript:
    """A track script is gone or another one has its name: end a run of it, its result is not wanted."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """Tell the outside: specific script, generic script, FIFO, mail. ``kind`` is INSTANCE or GROUP; a group's priority is 0.

    ``state`` is a state's name or MASTER_RX_LOWER_PRI.
    """

    kind: str
    name: str
    state: str
    priority: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportState:
    """Write a line to the FIFOs and tell nobody else: a changed priority, or after a reload a state that went on.

    ``state`` is a state's name, MASTER_PRIORITY or BACKUP_PRIORITY.
    """

    kind: str
    name: str
    state: str
    priority: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChanged:
    """An instance is in another state now; for whoever shows states, told also when nobody is notified."""

    instance: str
    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSockets:
    """The interface of an instance is back: open its sockets anew."""

    instance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseSockets:
    """The interface of an instance is gone, or the instance itself: close its sockets."""

    instance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """One line for the log; ``detail`` lines are written only with -D. ``level`` as syslog numbers them."""

    text: str
    detail: bool = False
    level: int = INFO


Effect: TypeAlias = (
    SendAdvertisement
    | InstallAddresses
    | RemoveAddresses
    | InstallRouting
    | RemoveRouting
    | FilterAddresses
    | RestoreInterface
    | SendGratuitousArp
    | SendNeighbourAdvertisement
    | RunScript
    | StopScript
    | Notify
    | ReportState
    | StateChanged
    | OpenSockets
    | CloseSockets
    | Log
)
