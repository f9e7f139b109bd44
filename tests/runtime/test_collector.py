"""The real collector of this process, with a clock that stands still unless a test moves it."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest

from keepalived_py.runtime.collector import IdleCollector

if TYPE_CHECKING:
    from collections.abc import Iterator

MILLISECOND = 1_000


class Clock:
    """Each reading is ``step`` later, so that a collection seems to take as long."""

    def __init__(self, step: int = 0) -> None:
        self.now, self.step = 0, step

    def __call__(self) -> int:
        self.now += self.step
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def collector(clock: Clock) -> Iterator[IdleCollector]:
    before = gc.get_threshold()
    made = IdleCollector(clock)
    made.start()
    yield made
    made.stop()
    gc.unfreeze()
    gc.set_threshold(*before)


def litter(pairs: int) -> None:
    """Make garbage that only the collector can find."""
    for _ in range(pairs):
        one: list[object] = []
        one.append([one])


def test_litter_waits_for_a_gap_however_much_of_it_there_is(collector: IdleCollector) -> None:
    litter(100_000)
    assert (collector.planned, collector.unplanned) == (0, 0)
    collector.idle(None)
    assert (collector.planned, collector.unplanned) == (1, 0)
    assert gc.get_count()[0] < 700


def test_a_gap_in_which_a_collection_may_not_fit_is_left_alone(collector: IdleCollector) -> None:
    litter(1_000)
    collector.idle(2 * MILLISECOND)
    assert collector.planned == 0
    collector.idle(3 * MILLISECOND)
    assert collector.planned == 1


def test_little_litter_is_not_worth_a_collection(collector: IdleCollector) -> None:
    gc.collect(0)
    litter(100)
    collector.idle(None)
    assert collector.planned == 0


def test_what_a_collection_took_decides_what_fits_next_time(collector: IdleCollector, clock: Clock) -> None:
    clock.step = MILLISECOND // 3  # a collection reads the clock three times more
    litter(1_000)
    gap = 3 * MILLISECOND
    collector.idle(gap)
    clock.step = 10 * MILLISECOND // 3
    litter(1_000)
    collector.idle(gap)
    assert collector.planned == 2, "the first took 1 ms, which fits thrice"
    litter(1_000)
    collector.idle(29 * MILLISECOND)
    assert collector.planned == 2, "10 ms do not fit thrice into 29"
    collector.idle(30 * MILLISECOND)
    assert collector.planned == 3


def test_old_objects_have_their_turn_and_what_was_there_at_the_start_never(collector: IdleCollector) -> None:
    generations: list[int] = []

    def note(phase: str, details: dict[str, int]) -> None:
        if phase == "start":
            generations.append(details["generation"])

    frozen = gc.get_freeze_count()
    gc.callbacks.append(note)
    try:
        for _ in range(150):
            litter(1_000)
            collector.idle(None)
    finally:
        gc.callbacks.remove(note)
    assert generations[:12] == [0] * 10 + [1, 0]
    assert 2 in generations
    assert gc.get_freeze_count() == frozen > 0
    assert collector.unplanned == 0


def test_a_process_without_gaps_collects_in_the_end(collector: IdleCollector) -> None:
    litter(1_000)
    for _ in range(10_000):
        collector.idle(0)
    assert collector.planned == 0
    collector.idle(0)
    assert collector.planned == 1


def test_memory_is_never_let_grow_for_ever(collector: IdleCollector) -> None:
    litter(300_000)
    assert collector.unplanned > 0
    assert collector.summary().endswith("times otherwise, at most 0.000 ms")
