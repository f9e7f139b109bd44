"""Drives one check's machine from deadline to deadline, for the tests of the machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.checkers.events import AttemptFinished, DeadlineReached, Log, Start, StartAttempt, Verdict

if TYPE_CHECKING:
    from keepalived_py.checkers.events import CheckerEffect, Outcome
    from keepalived_py.checkers.machine import PolledChecker

#: The names of the real server and the virtual server in log lines.
R = "[192.0.2.1]:tcp:80"
V = "[198.51.100.1]:tcp:80"


class Bench:
    """Drives one checker from deadline to deadline."""

    def __init__(self, machine: PolledChecker) -> None:
        self.machine = machine
        self.now = 0
        self.machine.handle(Start(warmup=0), self.now)

    def attempt(self, outcome: Outcome) -> list[CheckerEffect]:
        """Jump to the next deadline, let the attempt end at once; returns what followed."""
        assert self.machine.deadline is not None
        self.now = self.machine.deadline
        assert isinstance(self.machine.handle(DeadlineReached(), self.now)[0], StartAttempt)
        assert self.machine.deadline is None, "nothing else may start while an attempt is under way"
        return self.machine.handle(AttemptFinished(outcome=outcome), self.now)

    @property
    def pause(self) -> int:
        assert self.machine.deadline is not None
        return self.machine.deadline - self.now


def verdicts(effects: list[CheckerEffect]) -> list[bool]:
    return [effect.is_up for effect in effects if isinstance(effect, Verdict)]


def lines(effects: list[CheckerEffect]) -> list[str]:
    return [effect.text for effect in effects if isinstance(effect, Log)]
