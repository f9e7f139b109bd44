"""The ipvs process: the only one that changes the kernel's table.

Owns the connection to the kernel and the file of the dry run; what to send and what answers mean is decided in ``table.py``, and in
``sync.py`` for the connection synchronisation daemons.
The table outlives the checkers worker: when that is restarted, its first message replaces the table and only the differences are
sent. It does not outlive us: told to stop, or left alone by a dead parent, we take everything of ours out.
"""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING, Protocol

from keepalived_py.ipvs.dry_run import MemoryTable
from keepalived_py.ipvs.errors import error_line, seen_by_reference
from keepalived_py.ipvs.events import (
    Apply,
    ChangesWanted,
    ClearWanted,
    CommandsAnswered,
    Log,
    Operation,
    Refused,
    TableWanted,
)
from keepalived_py.ipvs.render import command_line, listing
from keepalived_py.ipvs.sync import Synchronisation
from keepalived_py.ipvs.table import IpvsTable
from keepalived_py.kernel import netns
from keepalived_py.kernel.ipvs import IpvsSocket, IpvsUnavailable
from keepalived_py.log import Level
from keepalived_py.runtime.bugs import BugTrap
from keepalived_py.runtime.messages import (
    ChangeRefused,
    ChangeTable,
    ClearTable,
    ReplaceTable,
    RouterMoved,
    TableCleared,
    TableHeld,
    WantedService,
)
from keepalived_py.runtime.worker import EXIT_FATAL, EXIT_OK, EXIT_SOFTWARE
from keepalived_py.wire import ipvs, ipvs_control
from keepalived_py.wire.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from keepalived_py.config.ast import Configuration
    from keepalived_py.ipvs.events import Command, TableEvent
    from keepalived_py.runtime.messages import Message, TableChange
    from keepalived_py.runtime.worker import WorkerContext
    from keepalived_py.wire.ipvs import ServiceKey

#: Name of the worker that decides what belongs into the table.
CHECKERS = "checkers"
#: Name of the worker that knows where a router stands.
VRRP = "vrrp"


async def run(context: WorkerContext) -> int:
    """Keep the table until told to stop; returns the exit status (1: this kernel has no IPVS for us)."""
    worker = IpvsWorker(context)
    if not worker.open():
        return EXIT_FATAL
    trap = BugTrap(context)
    context.ready()
    await context.stopping.wait()
    if worker.lost_kernel or trap.sprung:
        return EXIT_SOFTWARE
    worker.close()
    return EXIT_SOFTWARE if worker.lost_kernel else EXIT_OK


class Target(Protocol):
    """Where commands go."""

    def read(self, keys: set[ServiceKey]) -> tuple[WantedService, ...]:
        """Return what is there of these services."""

    def apply(self, commands: Sequence[Command]) -> list[int]:
        """Carry out commands; an errno or 0 for each."""


class IpvsWorker:
    """Everything the process holds."""

    def __init__(self, context: WorkerContext) -> None:
        self._context = context
        self._table = IpvsTable()
        self._synchronisation = Synchronisation()
        self._target: Target | None = None
        self._queued: list[TableChange] = []
        #: Netlink itself failed. We end and are restarted, and the checkers worker's first message puts everything right.
        self.lost_kernel = False

    def open(self) -> bool:
        """Connect to the kernel, or set up the dry run; False (and the reason logged) if there is no IPVS."""
        context = self._context
        context.log(Level.DEBUG, "Initializing ipvs")
        if (path := context.options.ipvs_dry_run) is not None:
            self._target = DryRunTable(path, lambda text: context.log(Level.INFO, text))
        else:
            if not self._enter_namespace():
                return False
            kernel = KernelTable(lambda text: context.log(Level.WARNING, text))
            try:
                kernel.connect()
            except IpvsUnavailable as error:
                context.log(Level.INFO, str(error))
                return False
            self._target = kernel
        context.on_peer_message = self._peer_message
        context.on_peer_connected = self._peer_connected
        context.on_reconfigure = self._reconfigured
        self._tell_checkers(TableHeld())
        self._synchronise(self._synchronisation.begin(context.configuration.global_defs.lvs_sync_daemon))
        return True

    def _enter_namespace(self) -> bool:
        """Be where ``net_namespace_ipvs`` wants the table: named, or (without a name) where the daemon was started."""
        name = self._context.configuration.global_defs.network_namespace_ipvs
        if name is None:
            return True
        try:
            if name:
                netns.enter(name)
            else:
                netns.go_home()
        except OSError as error:
            self._context.log(Level.INFO, f"Failed to enter network namespace {name} for IPVS - {error.strerror}")
            return False
        return True

    def close(self) -> None:
        """Stop our sync daemons and take out what is left of ours, unless the table is to be kept (``-I``)."""
        self._synchronise(self._synchronisation.end())
        self._apply_queued()
        if not self._context.options.dont_release_ipvs:
            self._handle(ClearWanted())

    def _reconfigured(self, configuration: Configuration) -> None:
        """Only the sync daemons depend on the configuration: what changes in the table comes from the checkers worker."""
        self._context.log(Level.DEBUG, "Reinitializing ipvs")
        self._synchronise(self._synchronisation.configure(configuration.global_defs.lvs_sync_daemon))
        self._context.ready()

    def _peer_connected(self, peer: str) -> None:
        """Tell a new checkers worker what its predecessor left, so that it does not put dead servers back."""
        if peer == CHECKERS:
            self._apply_queued()
            self._tell_checkers(TableHeld(services=self._table.wanted()))

    def _peer_message(self, peer: str, message: Message) -> None:
        if peer == VRRP and isinstance(message, RouterMoved):
            self._synchronise(self._synchronisation.follow(message.instance, is_master=message.is_master))
        if peer != CHECKERS:
            return
        match message:
            case ReplaceTable(services=services, flush=flush):
                self._queued.clear()
                self._replace(services, flush=flush)
            case ChangeTable(changes=changes):
                if not self._queued:
                    self._context.loop.call_soon(self._apply_queued)
                self._queued += changes
            case ClearTable(changes=changes, flush=flush):
                self._apply_queued()
                self._handle(ClearWanted(changes=changes, flush=flush))
                self._tell_checkers(TableCleared())
            case _:
                pass

    def _replace(self, services: tuple[WantedService, ...], *, flush: bool) -> None:
        if self._target is None:
            return
        keys = {entry.service.key for entry in (*services, *self._table.wanted())}
        self._handle(TableWanted(services=services, kernel=self._target.read(keys), flush=flush))

    def _apply_queued(self) -> None:
        changes, self._queued = tuple(self._queued), []
        if changes:
            self._handle(ChangesWanted(changes=changes))

    def _handle(self, event: TableEvent) -> None:
        """Carry out an event's effects; the kernel's answers are the next event, until there is nothing left to send."""
        for effect in self._table.handle(event, self._context.now()):
            match effect:
                case Apply(commands=commands):
                    answers = self._apply(commands)
                    self._handle(CommandsAnswered(answers=tuple(zip(commands, answers, strict=False))))
                case Log(text=text, level=level):
                    self._context.log(level, text)
                case Refused(change=change, errno=number, text=text):
                    self._tell_checkers(ChangeRefused(change=change, errno=number, text=text))

    def _synchronise(self, commands: Sequence[Command]) -> None:
        for command, answer in zip(commands, self._apply(commands) if commands else (), strict=False):
            if self._synchronisation.answered(command, answer):
                self._context.log(Level.INFO, error_line(command, seen_by_reference(answer)))

    def _apply(self, commands: Sequence[Command]) -> list[int]:
        if self._target is None or self.lost_kernel:
            return []
        try:
            return self._target.apply(commands)
        except OSError as error:
            self._context.log(Level.ERR, f"IPVS: lost the connection to the kernel: {error.strerror or error}")
            self.lost_kernel = True
            self._context.stopping.set()
            return []

    def _tell_checkers(self, message: Message) -> None:
        if (channel := self._context.peers.get(CHECKERS)) is not None:
            channel.send(message)


class KernelTable:
    """The kernel's table."""

    def __init__(self, warn: Callable[[str], None]) -> None:
        self._socket = IpvsSocket()
        self._warn = warn

    def connect(self) -> None:
        """Raise IpvsUnavailable if there is no IPVS."""
        self._socket.connect()

    def read(self, keys: set[ServiceKey]) -> tuple[WantedService, ...]:
        """Return what is there of these services; what cannot be read counts as absent (adding it then sets it right)."""
        try:
            services = [entry.service for entry in self._socket.services() if entry.service.key in keys]
            return tuple(
                WantedService(
                    service=service,
                    destinations=tuple(entry.destination for entry in self._socket.destinations(service)),
                )
                for service in services
            )
        except (OSError, WireError) as error:
            self._warn(f"IPVS: cannot read the kernel's table: {error}")
            return ()

    def apply(self, commands: Sequence[Command]) -> list[int]:
        """Send commands in one batch. Raises OSError when netlink itself fails."""
        answers = [0] * len(commands)
        messages: dict[int, bytes] = {}
        for position, command in enumerate(commands):
            try:
                messages[position] = encode(command)
            except WireError:  # what no message can say the kernel would not take either
                answers[position] = errno.EINVAL
        for position, answer in zip(messages, self._socket.apply(tuple(messages.values())), strict=True):
            answers[position] = answer
        return answers


class DryRunTable:
    """The table kept in memory, each change logged, shown in a file if there is one."""

    def __init__(self, path: str, log: Callable[[str], None]) -> None:
        self._path = path
        self._log = log
        self._table = MemoryTable()
        self._complained = False
        self._write()

    def read(self, keys: set[ServiceKey]) -> tuple[WantedService, ...]:
        """Return what is there of these services."""
        return tuple(entry for entry in self._table.services() if entry.service.key in keys)

    def apply(self, commands: Sequence[Command]) -> list[int]:
        """Change the memory, the log and the file."""
        answers = self._table.apply(commands)
        for command, answer in zip(commands, answers, strict=True):
            if not answer:
                self._log(f"IPVS dry run: {command_line(command)}")
        self._write()
        return answers

    def _write(self) -> None:
        """Replace the file in one step, so that a reader sees a whole table; a file that cannot be written is not fatal."""
        if not self._path:
            return
        scratch = f"{self._path}.{os.getpid()}"
        try:
            descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
            with open(descriptor, "w", encoding="utf-8") as file:
                file.write(listing(self._table.services()))
            os.replace(scratch, self._path)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.unlink(scratch)
            if not self._complained:
                self._complained = True
                self._log(f"IPVS dry run: cannot write {self._path}: {error.strerror}")


def encode(command: Command) -> bytes:
    """Return the generic netlink message for a command. Raises WireError for what no message can say."""
    match command.operation:
        case Operation.ADD if command.service is not None:
            return ipvs.encode_new_service(command.service)
        case Operation.EDIT if command.service is not None:
            return ipvs.encode_set_service(command.service)
        case Operation.DEL if command.key is not None:
            return ipvs.encode_delete_service(command.key)
        case Operation.ADDDEST if command.key is not None and command.destination is not None:
            return ipvs.encode_new_destination(command.key, command.destination)
        case Operation.EDITDEST if command.key is not None and command.destination is not None:
            return ipvs.encode_set_destination(command.key, command.destination)
        case Operation.DELDEST if command.key is not None and command.destination is not None:
            return ipvs.encode_delete_destination(command.key, command.destination)
        case Operation.FLUSH:
            return ipvs.encode_flush()
        case Operation.STARTDAEMON if command.daemon is not None:
            return ipvs_control.encode_new_daemon(command.daemon)
        case Operation.STOPDAEMON if command.daemon is not None:
            return ipvs_control.encode_delete_daemon(command.daemon.state, command.daemon.sync_id)
        case _:
            raise WireError(f"an incomplete IPVS command: {command}")
