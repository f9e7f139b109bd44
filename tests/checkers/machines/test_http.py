"""The way of HTTP_GET and SSL_GET through their urls, as tables of (what happens, what must follow)."""

from __future__ import annotations

from typing import Any

from keepalived_py.checkers.events import BodyLength, DeadlineReached, Failed, Log, Start, Succeeded, Verdict
from keepalived_py.checkers.machines import HttpChecker
from tests.lab.checker_bench import Bench, R, V, lines, verdicts
from tests.lab.checks import SECOND, HttpUrl, http_get


def http(*urls: HttpUrl, **fields: Any) -> HttpChecker:
    return HttpChecker(http_get(*urls, **fields), real_server=R, virtual_server=V)


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
