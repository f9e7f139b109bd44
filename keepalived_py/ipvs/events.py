"""What the table's owner can be told, and what it asks of the kernel and of the checkers worker. Vocabulary only."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from keepalived_py.runtime.messages import TableChange, WantedService
    from keepalived_py.wire.ipvs import Destination, Service, ServiceKey
    from keepalived_py.wire.ipvs_control import SyncDaemon


class Operation(enum.IntEnum):
    """What a command does; numbers and names as log lines have them (reference/ipvs.md §1)."""

    ADD = 1154
    EDIT = 1155
    DEL = 1156
    FLUSH = 1157
    ADDDEST = 1159
    DELDEST = 1160
    EDITDEST = 1161
    STARTDAEMON = 1163
    STOPDAEMON = 1164


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One request to the kernel.

    ``service`` is None for FLUSH, a whole Service for ADD and EDIT; ``daemon`` is for STARTDAEMON and STOPDAEMON alone.
    ``change`` is what asked for it (None when we did ourselves).
    ``follow_up`` marks a command that answers a refusal: its own refusal is not followed up.
    """

    operation: Operation
    service: Service | None = None
    key: ServiceKey | None = None
    destination: Destination | None = None
    daemon: SyncDaemon | None = None
    change: TableChange | None = None
    follow_up: bool = False


# --- events -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class TableWanted:
    """The whole table is to be ``services``; ``kernel`` is what the kernel holds now, foreign services included."""

    services: tuple[WantedService, ...]
    kernel: tuple[WantedService, ...]
    flush: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesWanted:
    """Changes in this order."""

    changes: tuple[TableChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearWanted:
    """Everything of ours is to go: ``changes`` first, in this order, then what is left. ``flush`` empties the kernel's table."""

    changes: tuple[TableChange, ...] = ()
    flush: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandsAnswered:
    """The kernel's answers, errno or 0, to commands in the order they were applied."""

    answers: tuple[tuple[Command, int], ...]


TableEvent: TypeAlias = TableWanted | ChangesWanted | ClearWanted | CommandsAnswered

# --- effects ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Apply:
    """Send these commands to the kernel in this order."""

    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """A log line; ``level`` is a syslog priority."""

    text: str
    level: int = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Tell the checkers worker that the kernel refused its change; ``errno`` as the kernel gave it."""

    change: TableChange
    errno: int
    text: str


TableEffect: TypeAlias = Apply | Log | Refused
