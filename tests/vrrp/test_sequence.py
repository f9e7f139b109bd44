"""vrrp/sequence.py"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from keepalived_py.vrrp.sequence import SequenceCounter


def test_the_first_advert_has_number_1_and_the_next_ones_count_up() -> None:
    counter = SequenceCounter()
    assert [counter.following() for _ in range(3)] == [1, 2, 3]


def test_only_a_higher_number_than_the_last_one_sent_or_accepted_is_new() -> None:
    counter = SequenceCounter()
    assert counter.accepts(5)
    assert not counter.accepts(5)
    assert not counter.accepts(4)
    assert counter.following() == 6
    assert not counter.accepts(6)
    assert counter.accepts(7)


def test_a_master_goes_on_above_a_sender_of_lower_priority() -> None:
    counter = SequenceCounter()
    counter.following()
    assert counter.accepts(100)
    counter.overtake(100)
    assert counter.following() == 102


def test_counting_begins_anew_after_the_last_number() -> None:
    counter = SequenceCounter()
    assert counter.accepts(0xFFFFFFFC)
    assert [counter.following() for _ in range(3)] == [0xFFFFFFFD, 1, 2]


def test_overtaking_the_highest_number_there_is_leaves_one_that_can_be_sent() -> None:
    counter = SequenceCounter()
    counter.overtake(0xFFFFFFFF)
    assert counter.following() == 1


@given(st.lists(st.integers(1, 50)))
def test_no_number_is_accepted_twice(received: list[int]) -> None:
    counter = SequenceCounter()
    accepted = [number for number in received if counter.accepts(number)]
    assert accepted == sorted(set(accepted))
