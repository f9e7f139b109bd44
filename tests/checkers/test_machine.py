"""When a check runs and when it changes its mind, as tables of (time, what happens, what must follow)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

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
from keepalived_py.checkers.machine import HttpChecker, PolledChecker, TcpChecker
from tests.lab.checks import SECOND, HttpUrl, http_get, tcp_check

if TYPE_CHECKING:
    from keepalived_py.checkers.events import CheckerEffect, Outcome

R = "[192.0.2.1]:tcp:80"
V = "[198.51.100.1]:tcp:80"
GOOD = Succeeded()
BAD = Failed(reason="failed")


def tcp(**fields: Any) -> TcpChecker:
    return TcpChecker(tcp_check(**fields), real_server=R, virtual_server=V)


def http(*urls: HttpUrl, **fields: Any) -> HttpChecker:
    return HttpChecker(http_get(*urls, **fields), real_server=R, virtual_server=V)


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


@pytest.mark.parametrize(("warmup", "first_run"), [(0, 1 * SECOND), (4_500_000, 5_500_000)])
def test_the_first_run_is_one_second_and_the_drawn_warmup_after_the_start(warmup: int, first_run: int) -> None:
    machine = tcp()
    effects = machine.handle(Start(warmup=warmup), 0)
    assert machine.deadline == first_run
    assert lines(effects) == [f"Activating healthchecker for service {R} for VS {V}"]


def test_a_server_that_was_well_from_the_start_is_reported_once() -> None:
    bench = Bench(tcp())
    assert bench.attempt(GOOD) == [
        Log(text=f"TCP connection to {R} success."),
        Verdict(was_up=True, is_up=True, first=True, report="TCP CHECK succeed on service"),
    ]
    assert bench.pause == 6 * SECOND
    assert bench.attempt(GOOD) == []


def test_the_first_failure_after_the_start_is_final() -> None:
    bench = Bench(tcp(retry=3))
    assert bench.attempt(BAD) == [
        Log(text=f"TCP_CHECK on service {R} failed."),
        Verdict(was_up=True, is_up=False, first=True, report="TCP CHECK failed on service"),
    ]


def test_later_a_server_goes_down_after_retry_further_failures() -> None:
    bench = Bench(tcp(retry=2, delay_before_retry=SECOND))
    bench.attempt(GOOD)
    assert bench.attempt(BAD) == []
    assert bench.pause == SECOND
    assert bench.attempt(BAD) == []
    assert bench.attempt(BAD) == [
        Log(text=f"TCP_CHECK on service {R} failed after 2 retries."),
        Verdict(was_up=True, is_up=False, first=False, report="TCP CHECK failed on service"),
    ]
    assert bench.pause == 6 * SECOND


def test_a_success_in_between_starts_the_count_again() -> None:
    bench = Bench(tcp(retry=1))
    bench.attempt(GOOD)
    for _ in range(5):
        assert verdicts(bench.attempt(BAD)) == []
        assert verdicts(bench.attempt(GOOD)) == []
    bench.attempt(BAD)
    assert verdicts(bench.attempt(BAD)) == [False]


def test_while_down_a_server_is_polled_every_delay_loop_in_silence_and_one_success_brings_it_back() -> None:
    bench = Bench(tcp())
    bench.attempt(BAD)
    for _ in range(3):
        assert bench.attempt(BAD) == []
        assert bench.pause == 6 * SECOND
    assert verdicts(bench.attempt(GOOD)) == [True]


def test_with_alpha_the_first_failure_is_told_but_changes_nothing() -> None:
    bench = Bench(tcp(alpha=True))
    assert bench.attempt(BAD)[-1] == Verdict(
        was_up=False, is_up=False, first=True, report="TCP CHECK failed on service"
    )
    assert bench.attempt(GOOD)[-1] == Verdict(
        was_up=False, is_up=True, first=False, report="TCP CHECK succeed on service"
    )


def test_an_attempt_this_host_could_not_make_is_no_verdict() -> None:
    bench = Bench(tcp(retry=0))
    bench.attempt(GOOD)
    attempts = bench.machine.attempts
    assert bench.attempt(NotRun(lines=("TCP socket bind failed. Rescheduling.",))) == [
        Log(text="TCP socket bind failed. Rescheduling.")
    ]
    assert bench.pause == 6 * SECOND
    assert bench.machine.attempts == attempts
    assert bench.machine.is_up


@pytest.mark.parametrize(
    ("reason", "line"),
    [("timeout", [f"TCP connection to {R} timeout."]), ("failed", [f"TCP connection to {R} failed."]), ("", [])],
)
def test_log_all_failures_tells_each_failed_attempt_while_up(reason: str, line: list[str]) -> None:
    bench = Bench(tcp(log_all_failures=True, retry=5))
    bench.attempt(GOOD)
    assert lines(bench.attempt(Failed(reason=reason))) == line


def test_a_verdict_that_the_kernel_refused_is_given_again_next_round() -> None:
    bench = Bench(tcp())
    bench.attempt(BAD)
    assert verdicts(bench.attempt(GOOD)) == [True]
    bench.machine.handle(VerdictRefused(is_up=False), bench.now)
    assert verdicts(bench.attempt(GOOD)) == [True]


# --- HTTP_GET ---------------------------------------------------------------------------------------------------------

A, B, C = HttpUrl(path="/a"), HttpUrl(path="/b"), HttpUrl(path="/c")
OK = Succeeded(what="HTTP status code")
LATE = Failed(reason="Timeout connecting")


def test_every_url_costs_a_delay_loop_and_only_a_complete_pass_is_a_verdict() -> None:
    bench = Bench(http(A, B))
    assert bench.attempt(OK) == []
    assert bench.pause == 6 * SECOND
    assert bench.attempt(OK) == [
        Log(text=f"Remote Web server {R} succeed on service."),
        Verdict(was_up=True, is_up=True, first=True, report="CHECK succeed on service"),
    ]


def test_until_the_first_complete_pass_one_failure_is_enough() -> None:
    bench = Bench(http(A, B, retry=3))
    bench.attempt(OK)
    effects = bench.attempt(LATE)
    assert verdicts(effects) == [False]
    assert lines(effects) == [f"HTTP_CHECK on service {R} failed after 3 retries."]


def test_a_web_server_goes_down_after_retry_further_failures_of_the_same_url() -> None:
    bench = Bench(http(A, B, retry=2))
    bench.attempt(OK)
    bench.attempt(OK)
    for _ in range(2):
        assert bench.attempt(LATE) == []
        assert bench.pause == 3 * SECOND
        assert bench.machine.url == 0
    assert bench.attempt(LATE) == [
        Log(text=f"HTTP_CHECK on service {R} failed after 2 retries."),
        Verdict(was_up=True, is_up=False, first=False, report="CHECK failed on service : HTTP/SSL request failed"),
    ]
    assert bench.pause == 6 * SECOND


def test_the_failed_url_is_asked_until_it_answers_and_then_a_full_pass_is_needed() -> None:
    bench = Bench(http(A, B, C))
    bench.attempt(OK)
    assert verdicts(bench.attempt(LATE)) == [False]
    assert bench.machine.url == 1
    assert bench.attempt(LATE) == []
    assert bench.machine.url == 1
    assert verdicts(bench.attempt(OK)) == []
    assert bench.machine.url == 0
    assert [verdicts(bench.attempt(OK)) for _ in range(3)] == [[], [], [True]]


def test_while_down_each_passed_test_is_logged() -> None:
    bench = Bench(http(A))
    bench.attempt(LATE)
    assert lines(bench.attempt(Succeeded(what="MD5 digest"))) == [f"MD5 digest success to {R} url(/a)"]
    assert lines(bench.attempt(OK)) == [
        f"HTTP status code success to {R} url(/a)",
        f"Remote Web server {R} succeed on service.",
    ]


def test_a_failure_while_down_after_the_failed_url_came_back_waits_only_delay_before_retry() -> None:
    bench = Bench(http(A, B))
    bench.attempt(LATE)
    bench.attempt(OK)
    bench.attempt(LATE)
    assert bench.pause == 3 * SECOND


def test_a_long_delay_before_retry_also_holds_while_down() -> None:
    bench = Bench(http(A, delay_before_retry=20 * SECOND))
    bench.attempt(LATE)
    assert bench.pause == 20 * SECOND


def test_fast_recovery_asks_at_once_until_something_is_known_and_while_nothing_fails() -> None:
    bench = Bench(http(A, B, fast_recovery=True))
    bench.attempt(OK)
    assert bench.pause == 0
    bench.attempt(OK)
    assert bench.pause == 6 * SECOND
    for _ in range(2):
        bench.attempt(LATE)
    assert not bench.machine.is_up
    assert bench.pause == 6 * SECOND
    bench.attempt(OK)
    assert bench.pause == 0


def test_with_alpha_the_first_failure_of_a_web_check_is_silent() -> None:
    bench = Bench(http(A, alpha=True))
    assert bench.attempt(LATE) == []
    assert bench.pause == 6 * SECOND
    bench.attempt(OK)
    assert bench.attempt(OK)[-1] == Verdict(was_up=False, is_up=True, first=False, report="CHECK succeed on service")


def test_ssl_get_says_so_and_retry_0_counts_no_retries() -> None:
    bench = Bench(http(A, ssl=True, retry=0))
    assert lines(bench.attempt(LATE)) == [f"SSL_CHECK on service {R} failed."]


def test_log_all_failures_uses_the_reason_of_the_attempt() -> None:
    bench = Bench(http(A, log_all_failures=True, retry=5))
    bench.attempt(OK)
    assert lines(bench.attempt(LATE)) == [f"Timeout connecting server {R}."]


def test_a_check_without_urls_takes_the_server_as_well() -> None:
    machine = HttpChecker(http_get(), real_server=R, virtual_server=V)
    machine._check = http_get().__class__(common=http_get().common, urls=())
    machine.handle(Start(warmup=0), 0)
    assert verdicts(machine.handle(DeadlineReached(), SECOND)) == [True]
    assert machine.deadline == 7 * SECOND


def test_a_length_that_does_not_match_is_logged_once_for_each_difference() -> None:
    bench = Bench(http(HttpUrl(path="/a", virtualhost="www.example.org")))

    def reply(announced: int | None, received: int) -> list[str]:
        length = BodyLength(announced=announced, received=received)
        return lines(bench.attempt(Succeeded(what="HTTP status code", length=length)))

    bench.attempt(OK)
    expected = (
        f"http_check for RS {R} VS {V} url www.example.org/a: content_length (5) does not match received bytes (4)"
    )
    assert reply(5, 4) == [expected]
    assert reply(5, 4) == []
    assert reply(5, 5) == []
    assert reply(5, 4) == [expected]
    assert reply(None, 4) == []
