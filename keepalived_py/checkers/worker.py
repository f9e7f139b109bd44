"""The checkers process: runs every check in time and tells the ipvs worker what belongs into the table.

Owns the I/O round the pure machines: timers, attempts (through ``attempts.py``), notify scripts, mails, the pipe to ipvs.
It never talks to the kernel's table itself. Order of the start and of the stop: reference/checker-behaviour.md §1 and §19.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import resource
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from keepalived_py.checkers.attempts import Attempts
from keepalived_py.checkers.events import (
    AttemptFinished,
    ChangeDestinations,
    CheckerVerdict,
    DeadlineReached,
    DestinationRefused,
    Initialise,
    Log,
    MailRealServer,
    MailVirtualServer,
    Notify,
    RevertChecker,
    Shutdown,
    Start,
    StartAttempt,
    Verdict,
    VerdictRefused,
)
from keepalived_py.checkers.machines import machine_of
from keepalived_py.checkers.names import identity_of, real_server_text
from keepalived_py.checkers.quorum import QuorumSettings, VirtualServerMachine
from keepalived_py.checkers.reload import (
    absent_servers,
    begin_checks,
    carry_over_checks,
    carry_over_service,
    remove_service,
)
from keepalived_py.log import Level
from keepalived_py.notify.fifo import Fifos
from keepalived_py.notify.mail import Mailer, mail_date, quorum_mail, real_server_mail
from keepalived_py.notify.script import ScriptRunner
from keepalived_py.runtime.bugs import BugTrap
from keepalived_py.runtime.deadlines import Deadlines
from keepalived_py.runtime.messages import (
    AddDestination,
    ChangeRefused,
    ChangeTable,
    ClearTable,
    DeleteDestination,
    ReplaceTable,
    SetDestination,
    TableCleared,
    TableHeld,
)
from keepalived_py.runtime.worker import EXIT_OK, EXIT_SOFTWARE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from keepalived_py.checkers.events import CheckerEffect, CheckerEvent, Outcome, VirtualServerEffect
    from keepalived_py.checkers.machine import PolledChecker
    from keepalived_py.config.ast import Checker, Configuration, IPAddress, Microseconds, RealServer
    from keepalived_py.runtime.messages import Message, TableChange, WantedService
    from keepalived_py.runtime.worker import WorkerContext
    from keepalived_py.wire.ipvs import ServiceKey

#: Name of the worker that owns the kernel's table.
IPVS = "ipvs"

#: Descriptors that are open besides the checks' (as many as the reference counts).
_OTHER_DESCRIPTORS = 64
_CLEAR_PATIENCE_SECONDS = 1.0
#: How long the start waits for the ipvs worker's first word (which may have to load the kernel's module first).
_TABLE_PATIENCE_SECONDS = 1.0
_STOP_SCRIPT_LIMIT: Microseconds = 1_000_000
_LAST_MAILS_PATIENCE: Microseconds = 500_000


async def run(context: WorkerContext) -> int:
    """Check until told to stop; returns the exit status."""
    return await CheckersWorker(context).run()


@dataclass(slots=True, eq=False)
class _Check:
    """One check: where it stands in the configuration, and its machine."""

    service: VirtualServerMachine
    real_server: int
    position: int
    configuration: Checker
    machine: PolledChecker


#: What is to be done for each virtual server, in order.
_Effects: TypeAlias = "list[tuple[VirtualServerMachine, list[VirtualServerEffect]]]"


class CheckersWorker:
    """Everything the process holds; ``run`` is its life."""

    def __init__(self, context: WorkerContext) -> None:
        self._context = context
        self._scripts = ScriptRunner(context.log)
        self._fifos = Fifos(self._scripts, context.log)
        self._attempts = Attempts(context.loop)
        self._deadlines: Deadlines[_Check] = Deadlines(context.loop, self._check_due, context.scheduling.was_late)
        self._mailer: Mailer
        self._services: list[VirtualServerMachine]
        self._by_key: dict[ServiceKey, VirtualServerMachine]
        self._checks: list[_Check]
        self._changes: list[TableChange] = []
        self._cleared = asyncio.Event()
        self._table_held = asyncio.Event()
        self._started = False
        self._held: dict[ServiceKey, WantedService] = {}
        self._build()

    async def run(self) -> int:
        """Start, check until told to stop, stop; returns the exit status.

        After a bug the table stays as it is: the parent starts us anew, and the checks begin again.
        """
        context = self._context
        context.on_peer_message = self._peer_message
        context.on_peer_connected = self._peer_connected
        context.on_peer_lost = self._peer_lost
        context.on_reconfigure = self._reconfigured
        trap = BugTrap(context)
        if IPVS in context.peers:
            await _first_of(self._table_held, context.stopping, seconds=_TABLE_PATIENCE_SECONDS)
        if not context.stopping.is_set():
            self._start()
        await context.stopping.wait()
        if trap.sprung:
            return EXIT_SOFTWARE
        if self._started:
            await self._stop()
        return EXIT_OK

    # --- start and reload ---------------------------------------------------------------------------------------------

    def _build(self) -> None:
        """Make the machines of the present configuration; nothing runs yet."""
        global_defs = self._context.configuration.global_defs
        settings = QuorumSettings(
            no_checker_emails=global_defs.no_checker_emails,
            rs_init_notifies=global_defs.rs_init_notifies,
            lvs_flush_on_stop=global_defs.lvs_flush_on_stop or global_defs.lvs_flush_on_stop_quick,
        )
        self._mailer = Mailer(global_defs, self._context.log)
        self._services, self._by_key, self._checks = [], {}, []
        groups = {group.name: group for group in reversed(self._context.configuration.lvs.groups)}
        for virtual_server in self._context.configuration.virtual_servers:
            group = None if virtual_server.group is None else groups[virtual_server.group]
            service = VirtualServerMachine(virtual_server, settings, group)
            self._services.append(service)
            self._by_key |= {each.key: service for each in service.services}
            for number, real_server in enumerate(virtual_server.real_servers):
                name = real_server_text(real_server, virtual_server)
                for position, checker in enumerate(real_server.checkers):
                    machine = machine_of(
                        checker,
                        real_server=name,
                        virtual_server=service.name,
                        log_all_failures=global_defs.checker_log_all_failures,
                    )
                    self._checks.append(
                        _Check(
                            service=service,
                            real_server=number,
                            position=position,
                            configuration=checker,
                            machine=machine,
                        )
                    )
        _raise_descriptor_limit(len(self._checks) + _OTHER_DESCRIPTORS)

    def _start(self) -> None:
        """Begin from the configuration, without the servers that a predecessor in the same daemon found dead."""
        now = self._context.now()
        self._started = True
        effects: _Effects = []
        for service in self._services:
            down = absent_servers(service, self._held)
            for check in self._checks if down else ():
                if check.service is service and check.real_server in down:
                    check.machine.begin_down()
            effects.append((service, service.handle(Initialise(down=down), now)))
        self._begin(effects, flush=self._context.configuration.global_defs.lvs_flush)

    def _begin(self, effects: _Effects, *, flush: bool = False) -> None:
        """Send the whole table, then do the rest, then start the checks."""
        global_defs = self._context.configuration.global_defs
        self._fifos.use((("", global_defs.notify_fifo), ("lvs_", global_defs.lvs_notify_fifo)))
        self._replace_table(flush=flush)
        for service, wanted in effects:
            # What they change in the table is part of the message that has just been sent.
            self._carry_out(service, (effect for effect in wanted if not isinstance(effect, ChangeDestinations)))
        self._context.ready()
        for check in self._checks:
            warmup = random.randint(0, check.machine.common.warmup)  # noqa: S311 - only spreads the load
            self._tell(check, Start(warmup=warmup))

    def _reconfigured(self, configuration: Configuration) -> None:
        """Go over to a new configuration, keeping the state of what is in both."""
        del configuration  # the context has it already
        if self._context.stopping.is_set():
            return
        if not self._started:
            self._build()
            return
        self._context.log(Level.INFO, "Reloading")
        self._deadlines.close()
        self._attempts.close()
        old_services, old_checks = self._services, _by_server(self._checks)
        before_us = {identity_of(service.configuration): service for service in old_services}
        self._build()
        now_here = {identity_of(service.configuration) for service in self._services}
        checks = _by_server(self._checks)
        effects: _Effects = [
            (service, remove_service(service)) for identity, service in before_us.items() if identity not in now_here
        ]
        for service in self._services:
            old = before_us.get(identity_of(service.configuration))
            former = {} if old is None else {_place(each): number for number, each in enumerate(_real_servers(old))}
            failed = []
            for number, real_server in enumerate(_real_servers(service)):
                mine = checks.get((service, number), [])
                before = former.get(_place(real_server))
                if old is None or before is None:
                    failed.append(begin_checks([check.machine for check in mine]))
                    continue
                theirs = old_checks.get((old, before), [])
                failed.append(
                    carry_over_checks(
                        [(check.configuration, check.machine) for check in mine],
                        [(check.configuration, check.machine) for check in theirs],
                        server_was_up=old.alive()[before],
                    )
                )
            if old is None:
                effects.append((service, service.handle(Initialise(), self._context.now())))
            else:
                effects.append((service, carry_over_service(service, old, failed)))
        self._begin(effects)

    # --- stop ---------------------------------------------------------------------------------------------------------

    async def _stop(self) -> None:
        self._deadlines.close()
        self._attempts.close()
        self._scripts.terminate()
        if not self._context.options.dont_release_ipvs:
            await self._clear_table()
        self._fifos.close()
        await self._scripts.wait(_STOP_SCRIPT_LIMIT)
        await self._mailer.drain(_LAST_MAILS_PATIENCE)

    async def _clear_table(self) -> None:
        self._flush_changes()
        now = self._context.now()
        changes: list[TableChange] = []
        for service in self._services:
            effects = service.handle(Shutdown(), now)
            for effect in effects:
                if isinstance(effect, ChangeDestinations):
                    changes += effect.changes
            self._carry_out(service, (effect for effect in effects if not isinstance(effect, ChangeDestinations)))
        if (channel := self._context.peers.get(IPVS)) is None:
            return
        flush = self._context.configuration.global_defs.lvs_flush_on_stop
        channel.send(ClearTable(changes=() if flush else tuple(changes), flush=flush))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._cleared.wait(), _CLEAR_PATIENCE_SECONDS)

    # --- checks -------------------------------------------------------------------------------------------------------

    def _check_due(self, check: _Check, now: Microseconds) -> None:
        del now
        self._tell(check, DeadlineReached())

    def _tell(self, check: _Check, event: CheckerEvent) -> None:
        now = self._context.now()
        effects = check.machine.handle(event, now)
        self._deadlines.schedule(check, check.machine.deadline)
        for effect in effects:
            self._check_effect(check, effect, now)

    def _check_effect(self, check: _Check, effect: CheckerEffect, now: Microseconds) -> None:
        match effect:
            case Log():
                self._log(effect)
            case StartAttempt(url=url):
                self._attempt(check, url)
            case Verdict():
                verdict = CheckerVerdict(
                    real_server=check.real_server,
                    checker=check.position,
                    was_up=effect.was_up,
                    is_up=effect.is_up,
                    first=effect.first,
                    report=effect.report,
                )
                self._carry_out(check.service, check.service.handle(verdict, now))

    def _attempt(self, check: _Check, url: int) -> None:
        def done(outcome: Outcome) -> None:
            self._tell(check, AttemptFinished(outcome=outcome))

        virtual_server = check.service.configuration
        real_server = virtual_server.real_servers[check.real_server]
        self._attempts.start(check.configuration, url, real_server, virtual_server, done)

    # --- effects of the virtual servers -------------------------------------------------------------------------------

    def _carry_out(self, service: VirtualServerMachine, effects: Iterable[VirtualServerEffect]) -> None:
        for effect in effects:
            match effect:
                case Log():
                    self._log(effect)
                case ChangeDestinations(changes=changes):
                    self._queue_changes(changes)
                case Notify(line=line, command=command, stopping=stopping):
                    if command is not None:
                        self._scripts.start(command, limit=_STOP_SCRIPT_LIMIT if stopping else None)
                    # Readers know the checkers' lines by the NUL behind each, which the other processes' do not have.
                    self._fifos.write(f"{line}\n\0".encode())
                case MailRealServer() | MailVirtualServer():
                    self._mail(effect)
                case RevertChecker():
                    self._revert(service, effect)

    def _mail(self, effect: MailRealServer | MailVirtualServer) -> None:
        if not self._mailer.enabled:
            return
        global_defs = self._context.configuration.global_defs
        date = mail_date(time.time())
        body = f"=> {effect.report} <="
        if isinstance(effect, MailVirtualServer):
            mail = quorum_mail(global_defs, virtual_server=effect.virtual_server, up=effect.is_up, body=body, date=date)
        else:
            mail = real_server_mail(
                global_defs,
                real_server=effect.real_server,
                virtual_server=effect.virtual_server,
                up=effect.is_up,
                body=body,
                date=date,
            )
        self._mailer.send(mail)

    def _revert(self, service: VirtualServerMachine, effect: RevertChecker) -> None:
        for check in self._checks:
            if (check.service, check.real_server, check.position) == (service, effect.real_server, effect.checker):
                self._tell(check, VerdictRefused(is_up=effect.is_up))

    def _log(self, effect: Log) -> None:
        self._context.log(effect.level, effect.text, detail=effect.detail)

    # --- the ipvs worker ----------------------------------------------------------------------------------------------

    def _replace_table(self, *, flush: bool = False) -> None:
        self._changes.clear()
        if (channel := self._context.peers.get(IPVS)) is not None:
            wanted = tuple(entry for service in self._services for entry in service.wanted())
            channel.send(ReplaceTable(services=wanted, flush=flush))

    def _queue_changes(self, changes: Sequence[TableChange]) -> None:
        """Send changes soon: those of one turn of the loop travel together."""
        if not self._changes:
            self._context.loop.call_soon(self._flush_changes)
        self._changes += changes

    def _flush_changes(self) -> None:
        changes, self._changes = tuple(self._changes), []
        if changes and (channel := self._context.peers.get(IPVS)) is not None:
            channel.send(ChangeTable(changes=changes))

    def _peer_connected(self, peer: str) -> None:
        if peer == IPVS and self._started:
            self._replace_table()

    def _peer_lost(self, peer: str) -> None:
        if peer == IPVS:
            self._cleared.set()
            self._table_held.set()

    def _peer_message(self, peer: str, message: Message) -> None:
        if peer != IPVS:
            return
        match message:
            case ChangeRefused(change=AddDestination() | SetDestination() | DeleteDestination() as change):
                if self._context.stopping.is_set():
                    return
                if (service := self._by_key.get(change.service)) is not None:
                    event = DestinationRefused(destination=change.destination.key)
                    self._carry_out(service, service.handle(event, self._context.now()))
            case TableHeld(services=services):
                self._held = {entry.service.key: entry for entry in services}
                self._table_held.set()
            case TableCleared():
                self._cleared.set()
            case _:
                pass


async def _first_of(*events: asyncio.Event, seconds: float) -> None:
    """Wait until one of ``events`` is set, at most ``seconds``."""
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for each in waiting:
        each.cancel()


def _by_server(checks: Iterable[_Check]) -> dict[tuple[VirtualServerMachine, int], list[_Check]]:
    """Return the checks by their virtual server and the position of their real server."""
    found: dict[tuple[VirtualServerMachine, int], list[_Check]] = {}
    for check in checks:
        found.setdefault((check.service, check.real_server), []).append(check)
    return found


def _real_servers(service: VirtualServerMachine) -> tuple[RealServer, ...]:
    return service.configuration.real_servers


def _place(real_server: RealServer) -> tuple[IPAddress, int]:
    return (real_server.address, real_server.port)


def _raise_descriptor_limit(needed: int) -> None:
    """Make room for all checks at once. What the system refuses shows as checks that cannot create a socket."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (needed, needed))
            return
        needed = hard
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
