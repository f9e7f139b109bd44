"""The life of a polled check: when it runs, what its results mean, when it changes its mind.

Owns attempts, retries and delays; it neither connects nor decides about the table (``quorum.py``). The rules, for every kind:

* The first run is one second plus a random part of the warm-up after the start.
* ``is_up`` starts True, or False with alpha. ``attempts`` starts at ``retry``, so that the first failure after the start is final.
* An attempt that this host could not make (NotRun) changes nothing; the next one follows after delay_loop.

Source: reference/checker-behaviour.md §3 (life cycle), §4 (TCP), §5 (HTTP, several urls).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from keepalived_py.checkers.events import (
    AttemptFinished,
    BodyLength,
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
    from keepalived_py.config.ast import CheckCommon, HttpGet, Microseconds, TcpCheck

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


class HttpChecker(PolledChecker):
    """``HTTP_GET`` and ``SSL_GET``: the urls one after the other, each costing a delay_loop.

    Only a complete pass makes the server up; the url that failed is asked again until it answers, then a full pass begins. Source:
    reference/checker-behaviour.md §5 "Multi-url algorithm".
    """

    def __init__(
        self, check: HttpGet, *, real_server: str, virtual_server: str, log_all_failures: bool = False
    ) -> None:
        super().__init__(
            check.common, real_server=real_server, virtual_server=virtual_server, log_all_failures=log_all_failures
        )
        self._check = check
        self._kind = "SSL" if check.ssl else "HTTP"
        self._url = 0
        self._failed_url: int | None = None
        self._length_differences = [0] * len(check.urls)

    def carry_over(self, old: PolledChecker) -> None:
        """Go on where ``old`` stands; a url that failed is the one to ask."""
        super().carry_over(old)
        if isinstance(old, HttpChecker) and not self.is_up:
            self._failed_url = old.failed_url
            self._url = old.failed_url or 0

    def begin_down(self) -> None:
        """Start as down, the first url the one that must answer before a full pass can begin."""
        super().begin_down()
        self._failed_url = 0

    @property
    def failed_url(self) -> int | None:
        """The position of the url that must answer before a full pass can begin."""
        return self._failed_url

    @property
    def url(self) -> int:
        """The position of the url that is asked next."""
        return self._url

    def _begin(self, now: Microseconds) -> list[CheckerEffect]:
        if not self._check.urls:  # nothing to ask: the server is taken as well
            return self._succeeded(Succeeded(), now)
        return [StartAttempt(url=self._url)]

    def _succeeded(self, outcome: Succeeded, now: Microseconds) -> list[CheckerEffect]:
        effects = self._length_report(outcome.length)
        if not self.is_up and outcome.what:
            path = self._check.urls[self._url].path
            effects.append(Log(text=f"{outcome.what} success to {self._real_server} url({path})"))
        self.attempts = 0
        self._url += 1
        if self._failed_url is not None:
            self._failed_url = None
            self._url = 0
        elif self._url >= len(self._check.urls):
            self._url = 0
            if not self.is_up or not self.has_run:
                effects.append(Log(text=f"Remote Web server {self._real_server} succeed on service."))
                effects.append(self._verdict(is_up=True, report="CHECK succeed on service"))
        if not self.has_run:  # until the first complete pass one failure is enough
            self.attempts = self.common.retry
        self._schedule(now, self.common.delay_loop)
        return effects

    def _failed(self, outcome: Failed, now: Microseconds) -> list[CheckerEffect]:
        effects = self._length_report(outcome.length)
        if self.is_up or not self.has_run:
            if self._log_all_failures:
                effects.append(Log(text=f"{outcome.reason} server {self._real_server}."))
            # Set before the verdict, so an alpha server's first failure is neither logged nor notified.
            self.has_run = True
            self.attempts += 1
            if self.attempts > self.common.retry:
                if self.is_up:
                    retries = f" after {self.attempts - 1} retries" if self.common.retry else ""
                    effects.append(Log(text=f"{self._kind}_CHECK on service {self._real_server} failed{retries}."))
                    effects.append(
                        self._verdict(is_up=False, report="CHECK failed on service : HTTP/SSL request failed")
                    )
                self._failed_url = self._url
        delay = self.common.delay_before_retry
        self._schedule(now, delay if self._failed_url is None else max(delay, self.common.delay_loop))
        return effects

    def _schedule(self, now: Microseconds, delay: Microseconds) -> None:
        at_once = self._check.fast_recovery and (not self.has_run or (not self.is_up and self._failed_url is None))
        self.deadline = now if at_once else now + delay

    def _length_report(self, length: BodyLength | None) -> list[CheckerEffect]:
        """Log a reply whose size is not its Content-Length, once for each distinct difference."""
        if length is None or not self._check.urls:
            return []
        difference = 0 if length.announced is None else length.announced - length.received
        if difference == self._length_differences[self._url]:
            return []
        self._length_differences[self._url] = difference
        if not difference:
            return []
        url = self._check.urls[self._url]
        return [
            Log(
                text=f"http_check for RS {self._real_server} VS {self._virtual_server} url {url.virtualhost or ''}{url.path}:"
                f" content_length ({length.announced}) does not match received bytes ({length.received})"
            )
        ]
