"""Plays a recorded case of the checkers and ipvs rooms: a configuration and what servers do, to everything that must follow.

A case is a text file of three sections, ``--- configuration`` (keepalived.conf), ``--- servers`` (a time in seconds and what
happens then) and ``--- expected`` (a time and what follows). Pure machines driven by their own deadlines: hours take milliseconds.

    0   192.0.2.1:80 well           answers as it should (every server, until said otherwise)
    30  192.0.2.1:80 silent         the attempt fails after connect_timeout
    30  192.0.2.1:80 refuses        the attempt fails at once
    30  192.0.2.1:80 wrong page     HTTP: the digest differs
    30  192.0.2.1:80 wrong status   HTTP: the status code is not among those wanted
    60  stop                        the daemon is stopped; the case ends
"""

from __future__ import annotations

import heapq
import itertools
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keepalived_py.checkers.events import (
    AttemptFinished,
    ChangeDestinations,
    CheckerVerdict,
    DeadlineReached,
    Failed,
    Initialise,
    Log,
    MailRealServer,
    MailVirtualServer,
    Notify,
    RevertChecker,
    Shutdown,
    Start,
    StartAttempt,
    Succeeded,
    Verdict,
)
from keepalived_py.checkers.machines import HttpChecker, machine_of
from keepalived_py.checkers.names import real_server_text
from keepalived_py.checkers.quorum import QuorumSettings, VirtualServerMachine
from keepalived_py.config.ast import HttpGet
from keepalived_py.config.host import AnyHost
from keepalived_py.config.load import load
from keepalived_py.ipvs.dry_run import MemoryTable
from keepalived_py.ipvs.events import Apply, ChangesWanted, CommandsAnswered
from keepalived_py.ipvs.render import command_line
from keepalived_py.ipvs.table import IpvsTable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from keepalived_py.checkers.events import CheckerEffect, Outcome, VirtualServerEffect
    from keepalived_py.checkers.machine import PolledChecker
    from keepalived_py.config.ast import Checker, Configuration
    from keepalived_py.ipvs.events import TableEvent

SECTIONS = ("--- configuration\n", "--- servers\n", "--- expected\n")
_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Case:
    """A case file: its introduction, configuration, servers' deeds and what must follow."""

    title: str
    configuration: str
    servers: str
    expected: str

    def text(self) -> str:
        parts = (self.configuration, self.servers, self.expected)
        return self.title + "".join(head + part for head, part in zip(SECTIONS, parts, strict=True))


def read_case(path: Path) -> Case:
    rest = path.read_text()
    parts = []
    for head in SECTIONS:
        part, found, rest = rest.partition(head)
        assert found, f"{path} lacks the section {head.strip()}"
        parts.append(part)
    title, configuration, servers = parts
    return Case(title, configuration, servers, rest)


@dataclass(slots=True, eq=False)
class _Check:
    service: VirtualServerMachine
    real_server: int
    position: int
    configuration: Checker
    machine: PolledChecker


class Player:
    """Plays one case; ``play`` returns what the expected section must be."""

    def __init__(self, configuration: Configuration) -> None:
        self._lines: list[str] = []
        self._behaviour: dict[str, str] = {}
        self._table, self._kernel = IpvsTable(), MemoryTable()
        self._queue: list[tuple[int, int, _Check, Outcome | None]] = []
        self._order = itertools.count()
        self._now = 0
        globals_ = configuration.global_defs
        settings = QuorumSettings(
            no_checker_emails=globals_.no_checker_emails,
            rs_init_notifies=globals_.rs_init_notifies,
            lvs_flush_on_stop=globals_.lvs_flush_on_stop,
        )
        self._services = [VirtualServerMachine(each, settings) for each in configuration.virtual_servers]
        self._checks: list[_Check] = []
        for service in self._services:
            for number, server in enumerate(service.configuration.real_servers):
                for position, checker in enumerate(server.checkers):
                    machine = machine_of(
                        checker,
                        real_server=real_server_text(server, service.configuration),
                        virtual_server=service.name,
                        log_all_failures=globals_.checker_log_all_failures,
                    )
                    self._checks.append(_Check(service, number, position, checker, machine))

    def play(self, deeds: str) -> str:
        for service in self._services:
            self._carry_out(service.handle(Initialise(), 0))
        for check in self._checks:
            self._react(check, check.machine.handle(Start(warmup=0), 0))
        for line in deeds.splitlines():
            if not line.strip():
                continue
            when, what = line.split(maxsplit=1)
            self._run_until(round(float(when) * _SECOND))
            if what.strip() == "stop":
                for service in self._services:
                    self._carry_out(service.handle(Shutdown(), self._now))
                assert self._kernel.services() == (), "a stop leaves nothing in the kernel"
                return "".join(self._lines)
            server, behaviour = what.strip().split(maxsplit=1)
            self._behaviour[server] = behaviour
        raise AssertionError("a case ends with stop")

    def _run_until(self, when: int) -> None:
        while self._queue and self._queue[0][0] <= when:
            self._now, _, check, outcome = heapq.heappop(self._queue)
            event = DeadlineReached() if outcome is None else AttemptFinished(outcome=outcome)
            self._react(check, check.machine.handle(event, self._now))
        self._now = when

    def _react(self, check: _Check, effects: Iterable[CheckerEffect]) -> None:
        if check.machine.deadline is not None:
            heapq.heappush(self._queue, (check.machine.deadline, next(self._order), check, None))
        for effect in effects:
            match effect:
                case Log(text=text):
                    self._note("log", text)
                case StartAttempt():
                    delay, outcome = self._outcome(check)
                    heapq.heappush(self._queue, (self._now + delay, next(self._order), check, outcome))
                case Verdict(was_up=was_up, is_up=is_up, first=first, report=report):
                    verdict = CheckerVerdict(
                        real_server=check.real_server,
                        checker=check.position,
                        was_up=was_up,
                        is_up=is_up,
                        first=first,
                        report=report,
                    )
                    self._carry_out(check.service.handle(verdict, self._now))

    def _outcome(self, check: _Check) -> tuple[int, Outcome]:
        common = check.configuration.common
        http = isinstance(check.configuration, HttpGet)
        match self._behaviour.get(f"{common.connect_ip}:{common.connect_port}", "well"):
            case "well" if isinstance(check.configuration, HttpGet) and isinstance(check.machine, HttpChecker):
                with_digest = check.configuration.urls[check.machine.url].digest is not None
                return 0, Succeeded(what="MD5 digest" if with_digest else "HTTP status code")
            case "well":
                return 0, Succeeded()
            case "silent":
                return common.connect_timeout, Failed(reason="Timeout connecting" if http else "timeout")
            case "refuses":
                return 0, Failed(reason="Connection failed" if http else "failed")
            case "wrong page":
                return 0, Failed(reason="MD5 digest error to")
            case "wrong status":
                return 0, Failed(reason="HTTP status code error to")
            case other:
                raise AssertionError(f"servers cannot be {other!r}")

    def _carry_out(self, effects: Iterable[VirtualServerEffect]) -> None:
        for effect in effects:
            match effect:
                case Log(text=text):
                    self._note("log", text)
                case ChangeDestinations(changes=changes):
                    self._drive(ChangesWanted(changes=changes))
                case Notify(line=line, command=command):
                    self._note("notify", line)
                    if command is not None:
                        self._note("run", " ".join(command.argv))
                case MailRealServer():
                    subject = f"Realserver {effect.real_server} of virtual server {effect.virtual_server}"
                    self._note("mail", f"{subject} - {'UP' if effect.is_up else 'DOWN'}: {effect.report}")
                case MailVirtualServer():
                    subject = f"Virtualserver {effect.virtual_server}"
                    self._note("mail", f"{subject} - {'UP' if effect.is_up else 'DOWN'}: {effect.report}")
                case RevertChecker():
                    raise AssertionError("the kernel of these cases refuses nothing")

    def _drive(self, event: TableEvent) -> None:
        for effect in self._table.handle(event, self._now):
            assert isinstance(effect, Apply), effect
            answers = self._kernel.apply(effect.commands)
            for command in effect.commands:
                self._note("table", command_line(command))
            self._drive(CommandsAnswered(answers=tuple(zip(effect.commands, answers, strict=True))))

    def _note(self, kind: str, text: str) -> None:
        self._lines.append(f"{self._now / _SECOND:<8g} {kind:<6} {text}\n")


def play(case: Case) -> str:
    """Return what follows from a case's configuration and deeds."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(case.configuration)
        file.flush()
        loaded = load(file.name, host=AnyHost(), config_id="case")
    assert loaded.configuration is not None, "the case's configuration is fatal"
    return Player(loaded.configuration).play(case.servers)
