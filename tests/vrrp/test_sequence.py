"""vrrp/sequence.py"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from keepalived_py.vrrp.sequence import SequenceCounter
from tests.vrrp.notation import HIGHER, LOWER, OWN


def test_the_first_advert_has_number_1_and_the_next_ones_count_up() -> None:
    counter = SequenceCounter()
    assert [counter.following(OWN) for _ in range(3)] == [1, 2, 3]


def test_only_a_higher_number_than_the_last_one_sent_or_accepted_is_new() -> None:
    counter = SequenceCounter()
    assert counter.accepts(5, HIGHER)
    assert not counter.accepts(5, HIGHER)
    assert not counter.accepts(4, HIGHER)
    assert counter.following(OWN) == 6
    assert not counter.accepts(6, HIGHER)
    assert counter.accepts(7, HIGHER)


def test_a_master_goes_on_above_a_sender_of_lower_priority() -> None:
    counter = SequenceCounter()
    counter.following(OWN)
    assert counter.accepts(100, HIGHER)
    counter.overtake(100)
    assert counter.following(OWN) == 102


def test_counting_begins_anew_after_the_last_number() -> None:
    counter = SequenceCounter()
    assert counter.accepts(0xFFFFFFFC, HIGHER)
    assert [counter.following(OWN) for _ in range(3)] == [0xFFFFFFFD, 1, 2]


def test_overtaking_the_highest_number_there_is_leaves_one_that_can_be_sent() -> None:
    counter = SequenceCounter()
    counter.overtake(0xFFFFFFFF)
    assert counter.following(OWN) == 1


@given(st.lists(st.integers(1, 50)))
def test_no_number_is_accepted_twice(received: list[int]) -> None:
    counter = SequenceCounter()
    accepted = [number for number in received if counter.accepts(number, HIGHER)]
    assert accepted == sorted(set(accepted))


def test_of_two_masters_that_count_in_step_the_one_of_the_higher_address_skips_a_number() -> None:
    lower, higher = SequenceCounter(), SequenceCounter()
    first = lower.following(LOWER), higher.following(OWN)
    assert first == (1, 1)
    assert not lower.accepts(1, OWN)
    assert not higher.accepts(1, LOWER)
    second = lower.following(LOWER), higher.following(OWN)
    assert second == (2, 3)
    assert not higher.accepts(2, LOWER)
    assert lower.accepts(3, OWN)


def test_a_number_that_was_not_ours_is_not_skipped_however_often_it_is_sent_again() -> None:
    counter = SequenceCounter()
    assert counter.accepts(7, LOWER)
    assert [counter.accepts(7, LOWER) for _ in range(3)] == [False] * 3
    assert counter.following(OWN) == 8
