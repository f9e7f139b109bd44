from __future__ import annotations

import pytest

from keepalived_py.checkers.events import Failed, NotRun, Outcome, Succeeded
from keepalived_py.checkers.probes.conversation import ConnectFailure
from keepalived_py.checkers.probes.tcp import TcpConversation


def test_a_connection_that_opens_is_a_success() -> None:
    assert TcpConversation().connected() == Succeeded()


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        (ConnectFailure.TIMEOUT, Failed(reason="timeout")),
        (ConnectFailure.FAILED, Failed(reason="failed")),
        (ConnectFailure.UNREACHABLE, Failed(reason="")),
        (ConnectFailure.NOT_BOUND, NotRun(lines=("why", "TCP socket bind failed. Rescheduling."))),
        (ConnectFailure.NO_SOCKET, NotRun(lines=("why", "TCP connect fail to create socket. Rescheduling."))),
    ],
)
def test_a_connection_that_does_not_open_is_judged_by_how_it_failed(failure: ConnectFailure, outcome: Outcome) -> None:
    assert TcpConversation().connect_failed(failure, ("why",)) == outcome
