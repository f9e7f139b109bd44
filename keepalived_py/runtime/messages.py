"""What travels on the pipes between our processes: frozen dataclasses, nothing else.

A message is pickled by the sender and unpickled by a process that the same parent forked, over a socket pair that no file name
leads to; no other bytes are ever unpickled.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from keepalived_py.config.ast import Configuration
    from keepalived_py.wire.ipvs import Destination, Service, ServiceKey

# --- parent to worker -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """End in keepalived's order. SIGTERM to the worker means the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconfigure:
    """A new, completely verified configuration replaces the running one."""

    configuration: Configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerReplaced:
    """Another worker was restarted; the descriptor that comes along is this worker's new end of their pipe."""

    peer: str


# --- worker to parent -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The worker has read its configuration and is at work (after the start, and after each Reconfigure)."""

    worker: str


# --- checkers to ipvs -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedService:
    """One virtual service with the destinations that belong into it now, in configuration order."""

    service: Service
    destinations: tuple[Destination, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceTable:
    """The whole wanted table: sent first, after a restart of either side, and at a reload; the difference is applied."""

    services: tuple[WantedService, ...] = ()
    flush: bool = False  # lvs_flush: empty the kernel's whole table first


@dataclass(frozen=True, slots=True, kw_only=True)
class AddService:
    """Make a service known to the kernel."""

    service: Service


@dataclass(frozen=True, slots=True, kw_only=True)
class SetService:
    """Change a service's scheduler, flags, persistence or netmask."""

    service: Service


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteService:
    """Remove a service with all that is in it."""

    service: Service


@dataclass(frozen=True, slots=True, kw_only=True)
class AddDestination:
    """Put a server into a service."""

    service: ServiceKey
    destination: Destination


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDestination:
    """Change a server's weight, method or thresholds (an absent one is added: reference/ipvs.md §7)."""

    service: ServiceKey
    destination: Destination


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteDestination:
    """Take a server out of a service."""

    service: ServiceKey
    destination: Destination


TableChange: TypeAlias = AddService | SetService | DeleteService | AddDestination | SetDestination | DeleteDestination


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTable:
    """Changes to apply in this order."""

    changes: tuple[TableChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearTable:
    """The checkers worker is stopping: remove everything of ours; ``done`` is answered by TableCleared."""

    changes: tuple[TableChange, ...] = ()
    flush: bool = False  # lvs_flush_on_stop: one FLUSH of the kernel's whole table


# --- bfd to vrrp ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class BfdStateChanged:
    """A BFD session is up now, or no longer; each is down until this says otherwise."""

    name: str
    is_up: bool


# --- ipvs to checkers -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRefused:
    """The kernel refused one change; the rest went on."""

    change: TableChange
    errno: int
    text: str = field(default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableHeld:
    """What the ipvs worker holds when a checkers worker begins: nothing at the start, the table after a checkers worker's death."""

    services: tuple[WantedService, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCleared:
    """The answer to ClearTable."""


# --- vrrp to ipvs -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterMoved:
    """Whether the instance that ``lvs_sync_daemon`` follows is MASTER now: sent first, at each change, after a reload."""

    instance: str
    is_master: bool


Message: TypeAlias = (
    Stop
    | Reconfigure
    | PeerReplaced
    | Ready
    | ReplaceTable
    | ChangeTable
    | ClearTable
    | BfdStateChanged
    | ChangeRefused
    | TableCleared
    | TableHeld
    | RouterMoved
)
