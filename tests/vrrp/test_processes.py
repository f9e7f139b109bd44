"""Quorums of processes and their delays. Source: reference/vrrp-behaviour.md §7."""

from __future__ import annotations

import pytest

from keepalived_py.config.ast import TrackProcess
from keepalived_py.vrrp.events import Counting, DeadlineReached, ProcessesCounted
from keepalived_py.vrrp.processes import ProcessTracker
from tests.vrrp.notation import SECOND, lines


def tracker(count: int = 0, **settings: object) -> ProcessTracker:
    return ProcessTracker(TrackProcess(name="P", process="nginx", **settings), count)  # type: ignore[arg-type]


def counted(process: ProcessTracker, count: int, by: Counting = Counting.OTHER, now: int = 0) -> list[str]:
    return lines(process.handle(ProcessesCounted(name="P", count=count, by=by), now), "detail")


@pytest.mark.parametrize(
    ("quorum", "maximum", "ups"),
    [(1, None, [1, 2, 3]), (2, 3, [2, 3]), (2, 2, [2]), (0, 0, [0])],
)
def test_as_many_as_quorum_and_no_more_than_quorum_max(quorum: int, maximum: int | None, ups: list[int]) -> None:
    assert [count for count in range(4) if tracker(count, quorum=quorum, maximum=maximum).up] == ups


def test_gained_and_lost_are_said_once() -> None:
    process = tracker()
    assert counted(process, 1) == ["log Quorum gained for tracked process P"]
    assert counted(process, 2) == []
    assert counted(process, 1) == []
    assert counted(process, 0) == ["log Quorum lost for tracked process P"]


def test_a_quorum_gained_by_a_fork_counts_after_the_fork_delay() -> None:
    process = tracker(1, quorum=2, fork_delay=3 * SECOND)
    assert counted(process, 2, Counting.FORK, now=SECOND) == []
    assert process.deadline == 4 * SECOND
    assert not process.up
    assert process.handle(DeadlineReached(), 4 * SECOND - 1) == []
    assert lines(process.handle(DeadlineReached(), 4 * SECOND)) == ["log Quorum gained for tracked process P"]
    assert process.deadline is None


def test_a_quorum_lost_by_an_exit_counts_after_the_terminate_delay() -> None:
    process = tracker(1, terminate_delay=2 * SECOND)
    assert counted(process, 0, Counting.EXIT) == []
    assert process.up
    assert lines(process.handle(DeadlineReached(), 2 * SECOND)) == ["log Quorum lost for tracked process P"]


@pytest.mark.parametrize(
    ("count", "first", "by", "back"),
    [(1, 2, Counting.FORK, Counting.EXIT), (2, 1, Counting.EXIT, Counting.FORK), (2, 1, Counting.EXIT, Counting.OTHER)],
)
def test_the_opposite_within_the_delay_is_as_if_nothing_had_been(
    count: int, first: int, by: Counting, back: Counting
) -> None:
    process = tracker(count, quorum=2, fork_delay=SECOND, terminate_delay=SECOND)
    before = process.up
    assert counted(process, first, by) == []
    assert counted(process, count, back, now=10) == []
    assert process.deadline is None
    assert process.up is before


def test_a_program_that_is_replaced_counts_at_once() -> None:
    process = tracker(fork_delay=SECOND, terminate_delay=SECOND)
    assert counted(process, 1) == ["log Quorum gained for tracked process P"]
    assert counted(process, 0) == ["log Quorum lost for tracked process P"]


def test_more_than_quorum_max_are_too_many() -> None:
    process = tracker(1, maximum=1)
    assert counted(process, 2, Counting.FORK) == ["log Quorum lost for tracked process P"]
    assert counted(process, 1, Counting.EXIT) == ["log Quorum gained for tracked process P"]


def test_a_new_count_is_told_with_what_it_changed_and_has_its_delay() -> None:
    process = tracker(2, quorum=2, terminate_delay=SECOND)
    recount = ProcessesCounted(name="P", count=1)
    assert lines(process.handle(recount, 0)) == [
        "detail Process P, number of current processes changed from 2 to 1, quorum down"
    ]
    assert process.deadline == SECOND
    assert process.handle(recount, 1) == []
    assert lines(process.handle(ProcessesCounted(name="P", count=0), 2)) == [
        "detail Process P, number of current processes changed from 1 to 0"
    ]


def test_a_delay_goes_on_over_a_reload() -> None:
    old = tracker(1, terminate_delay=SECOND)
    counted(old, 0, Counting.EXIT)
    new = tracker(0, terminate_delay=SECOND)
    new.inherit(old)
    assert new.up
    assert lines(new.handle(DeadlineReached(), SECOND)) == ["log Quorum lost for tracked process P"]
