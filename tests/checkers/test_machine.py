"""When a check runs and when it changes its mind, as tables of (time, what happens, what must follow); TCP_CHECK stands for all."""

from __future__ import annotations

from typing import Any

import pytest

from keepalived_py.checkers.events import Failed, Log, NotRun, Start, Succeeded, Verdict, VerdictRefused
from keepalived_py.checkers.machines import TcpChecker
from tests.lab.checker_bench import Bench, R, V, lines, verdicts
from tests.lab.checks import SECOND, tcp_check

GOOD = Succeeded()
BAD = Failed(reason="failed")


def tcp(**fields: Any) -> TcpChecker:
    return TcpChecker(tcp_check(**fields), real_server=R, virtual_server=V)


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


def test_a_verdict_that_the_kernel_refused_is_given_again_next_round() -> None:
    bench = Bench(tcp())
    bench.attempt(BAD)
    assert verdicts(bench.attempt(GOOD)) == [True]
    bench.machine.handle(VerdictRefused(is_up=False), bench.now)
    assert verdicts(bench.attempt(GOOD)) == [True]
