"""What only TCP_CHECK does."""

from __future__ import annotations

from typing import Any

import pytest

from keepalived_py.checkers.events import Failed, Succeeded
from keepalived_py.checkers.machines import TcpChecker
from tests.lab.checker_bench import Bench, R, V, lines
from tests.lab.checks import tcp_check

GOOD = Succeeded()
BAD = Failed(reason="failed")


def tcp(**fields: Any) -> TcpChecker:
    return TcpChecker(tcp_check(**fields), real_server=R, virtual_server=V)


@pytest.mark.parametrize(
    ("reason", "line"),
    [("timeout", [f"TCP connection to {R} timeout."]), ("failed", [f"TCP connection to {R} failed."]), ("", [])],
)
def test_log_all_failures_tells_each_failed_attempt_while_up(reason: str, line: list[str]) -> None:
    bench = Bench(tcp(log_all_failures=True, retry=5))
    bench.attempt(GOOD)
    assert lines(bench.attempt(Failed(reason=reason))) == line
