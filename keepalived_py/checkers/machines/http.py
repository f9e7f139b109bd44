"""When ``HTTP_GET`` and ``SSL_GET`` change their mind. Owns the way through several urls; the common life is ``machine.py``'s.

Source: reference/checker-behaviour.md §5 "Multi-url algorithm", §20.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.checkers.events import Log, StartAttempt, Succeeded
from keepalived_py.checkers.machine import PolledChecker

if TYPE_CHECKING:
    from keepalived_py.checkers.events import BodyLength, CheckerEffect, Failed
    from keepalived_py.config.ast import HttpGet, Microseconds


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
