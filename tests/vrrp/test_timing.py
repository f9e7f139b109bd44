"""Intervals as the reference computes them. Source: reference/vrrp-behaviour.md §5."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepalived_py.vrrp.timing import beat_of, clamp, master_down, next_advert, rogue_wait, skew

SECOND = 1_000_000


@pytest.mark.parametrize(
    ("version", "priority", "interval", "expected"),
    [
        (2, 100, SECOND, 609_375),
        (2, 100, 5 * SECOND, 609_375),
        (2, 254, SECOND, 7_812),
        (2, 255, SECOND, 3_906),
        (2, 1, SECOND, 996_093),
        (3, 100, SECOND, 609_375),
        (3, 100, 500_000, 304_687),
        (3, 255, 10_000, 39),
        (3, 1, 40_950_000, 40_790_039),
    ],
)
def test_the_skew_grows_as_the_priority_falls(version: int, priority: int, interval: int, expected: int) -> None:
    assert skew(version, priority, interval) == expected


@given(priority=st.integers(1, 255), centiseconds=st.integers(1, 4095))
def test_the_skew_of_version_3_is_that_of_the_reference(priority: int, centiseconds: int) -> None:
    # The reference computes with centiseconds: 10000/256 = 625/16.
    assert skew(3, priority, centiseconds * 10_000) == (256 - priority) * centiseconds * 625 // 16


def test_the_master_down_interval_is_adverts_and_skew() -> None:
    assert master_down(2, 100, SECOND, 3) == 3_609_375
    assert master_down(3, 200, 500_000, 5) == 2_609_375


@pytest.mark.parametrize(("total", "expected"), [(-5, 1), (0, 1), (100, 100), (254, 254), (255, 254), (999, 254)])
def test_sums_of_priorities_are_clamped(total: int, expected: int) -> None:
    assert clamp(total) == expected


def test_another_owner_gets_a_bit_more_than_the_longer_interval() -> None:
    assert rogue_wait(SECOND, 2 * SECOND) == 2_400_000


def test_an_advert_that_was_a_little_late_does_not_make_the_next_one_late() -> None:
    assert next_advert(1_003_000, 1_000_000, 1_000_000) == 2_000_000
    assert next_advert(1_000_000, 1_000_000, 1_000_000) == 2_000_000


def test_after_a_long_delay_or_out_of_turn_the_beat_begins_anew() -> None:
    assert next_advert(1_500_000, 1_000_000, 1_000_000) == 2_500_000
    assert next_advert(9_000_000, 1_000_000, 1_000_000) == 10_000_000
    assert next_advert(1_003_000, None, 1_000_000) == 2_003_000


@pytest.mark.parametrize(
    ("intervals", "beat"),
    [([], 0), ([1_000_000], 3_906), ([60_000_000, 1_000_000], 3_906), ([60_000_000], 4_000), ([100_000], 0)],
)
def test_a_beat_is_a_small_part_of_the_shortest_interval(intervals: list[int], beat: int) -> None:
    assert beat_of(intervals) == beat
