"""The life of a polled check: when it runs, what its results mean, when it changes its mind.

Owns attempts, retries and delays; it neither connects nor decides about the table (``quorum.py``). The rules, for every kind:

* The first run is one second plus a random part of the warm-up after the start.
* ``is_up`` starts True, or False with alpha. ``attempts`` starts at ``retry``, so that the first failure after the start is final.
* An attempt that this host could not make (NotRun) changes nothing; the next one follows after delay_loop.

What differs from kind to kind is in ``machines/``. Source: reference/checker-behaviour.md §3.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from keepalived_py.checkers.events import (
    AttemptFinished,
    DeadlineReached,
    Failed,
    Log,
    NotRun,
    Start,
    StartAttempt,
    Succeeded,
    Verdict,
    VerdictRefused,
)
from keepalived_py.config.ast.common import SECOND

if TYPE_CHECKING:
    from keepalived_py.checkers.events import CheckerEffect, CheckerEvent
    from keepalived_py.config.ast import CheckCommon, Microseconds

#: What every check waits after the start before its random warm-up (reference/checker-behaviour.md §3).
BOOTSTRAP_DELAY: Microseconds = SECOND


class PolledChecker(ABC):
    """One check of one real server. ``deadline`` is None while an attempt is under way.

    ``real_server`` and ``virtual_server`` are their names in log lines.
    """

    def __init__(self, common: CheckCommon, *, real_server: str, virtual_server: str, log_all_failures: bool) -> None:
        self.common = common
        self.deadline: Microseconds | None = None
        self.is_up = not common.alpha
        self.has_run = False
        self.attempts = common.retry
        self._real_server = real_server
        self._virtual_server = virtual_server
        self._log_all_failures = log_all_failures or common.log_all_failures

    def handle(self, event: CheckerEvent, now: Microseconds) -> list[CheckerEffect]:
        """Return what must be done because of ``event``; ``deadline`` says when to come back."""
        match event:
            case Start(warmup=warmup):
                self.deadline = now + BOOTSTRAP_DELAY + warmup
                if self.has_run:  # carried over by a reload
                    return []
                return [
                    Log(text=f"Activating healthchecker for service {self._real_server} for VS {self._virtual_server}")
                ]
            case DeadlineReached():
                self.deadline = None
                return self._begin(now)
            case AttemptFinished(outcome=NotRun(lines=lines)):
                self.deadline = now + self.common.delay_loop
                return [Log(text=line) for line in lines]
            case AttemptFinished(outcome=Succeeded() as outcome):
                return self._succeeded(outcome, now)
            case AttemptFinished(outcome=Failed() as outcome):
                return self._failed(outcome, now)
            case VerdictRefused(is_up=is_up):
                self.is_up = is_up
                return []
            case _:
                raise TypeError(event)

    def carry_over(self, old: PolledChecker) -> None:
        """Go on where ``old``, the same check before a reload, stands; ``Start`` follows."""
        if old.has_run:
            self.is_up = old.is_up
        self.has_run = old.has_run
        if not self.is_up:
            self.attempts = self.common.retry + 1
        else:
            self.attempts = min(old.attempts, self.common.retry)

    def begin_down(self) -> None:
        """Start as a check whose server is known to be down; ``Start`` follows."""
        self.is_up, self.has_run = False, True
        self.attempts = self.common.retry + 1

    def begin_new(self, *, is_up: bool, one_failure_is_enough: bool) -> None:
        """Start as a check that a reload brought; ``Start`` follows."""
        self.is_up = is_up
        self.attempts = self.common.retry if one_failure_is_enough else 0

    def _begin(self, now: Microseconds) -> list[CheckerEffect]:
        del now
        return [StartAttempt()]

    @abstractmethod
    def _succeeded(self, outcome: Succeeded, now: Microseconds) -> list[CheckerEffect]:
        """Act on a good answer."""

    @abstractmethod
    def _failed(self, outcome: Failed, now: Microseconds) -> list[CheckerEffect]:
        """Act on a bad answer or none."""

    def _verdict(self, *, is_up: bool, report: str) -> Verdict:
        verdict = Verdict(was_up=self.is_up, is_up=is_up, first=not self.has_run, report=report)
        self.is_up = is_up
        self.has_run = True
        return verdict
