"""When ``TCP_CHECK`` changes its mind. Owns its retries and words; the common life is ``machine.py``'s.

Source: reference/checker-behaviour.md §3, §4, §20.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.checkers.events import Log
from keepalived_py.checkers.machine import PolledChecker

if TYPE_CHECKING:
    from keepalived_py.checkers.events import CheckerEffect, Failed, Succeeded
    from keepalived_py.config.ast import Microseconds, TcpCheck


class TcpChecker(PolledChecker):
    """``TCP_CHECK``: a connection that opens is a success. While the server is down it is polled every delay_loop."""

    def __init__(
        self, check: TcpCheck, *, real_server: str, virtual_server: str, log_all_failures: bool = False
    ) -> None:
        super().__init__(
            check.common, real_server=real_server, virtual_server=virtual_server, log_all_failures=log_all_failures
        )

    def _succeeded(self, outcome: Succeeded, now: Microseconds) -> list[CheckerEffect]:
        del outcome
        self.attempts = 0
        self.deadline = now + self.common.delay_loop
        if self.is_up and self.has_run:
            return []
        return [
            Log(text=f"TCP connection to {self._real_server} success."),
            self._verdict(is_up=True, report="TCP CHECK succeed on service"),
        ]

    def _failed(self, outcome: Failed, now: Microseconds) -> list[CheckerEffect]:
        effects: list[CheckerEffect] = []
        if self.is_up and self._log_all_failures and outcome.reason:
            effects.append(Log(text=f"TCP connection to {self._real_server} {outcome.reason}."))
        self.deadline = now + self.common.delay_loop
        if not self.is_up and self.has_run:
            return effects
        if self.attempts < self.common.retry:
            self.attempts += 1
            self.deadline = now + self.common.delay_before_retry
            return effects
        self.attempts = 0
        retries = f" after {self.common.retry} retries" if self.common.retry and self.has_run else ""
        effects.append(Log(text=f"TCP_CHECK on service {self._real_server} failed{retries}."))
        effects.append(self._verdict(is_up=False, report="TCP CHECK failed on service"))
        return effects
