"""What is counted and said of a process that was not scheduled in time."""

from __future__ import annotations

from keepalived_py.vrrp.lateness import Lateness
from tests.vrrp.notation import SECOND, master, started


def test_a_process_that_was_always_in_time_has_nothing_to_say() -> None:
    assert Lateness().summary() is None


def test_a_late_timer_is_counted_and_spoken_of_only_when_a_master_down_timer_ended_meanwhile() -> None:
    lateness, backup = Lateness(), started()
    assert backup.deadline is not None
    assert lateness.note(300_000, backup.deadline - 1, [backup]) is None
    line = lateness.note(1_400_000, backup.deadline + 1_400_000, [backup])
    assert line == (
        "This process was not scheduled when a master down timer ended, 1.400000 seconds late"
        " - reading what has arrived before a master is taken for dead"
    )
    assert (lateness.times, lateness.overslept, lateness.longest) == (2, 1, 1_400_000)


def test_a_master_that_sends_late_has_nobody_to_take_for_dead() -> None:
    lateness = Lateness()
    owner, now = master(priority=255)
    assert lateness.note(3 * SECOND, now + 4 * SECOND, [owner]) is None
    assert (lateness.times, lateness.overslept) == (1, 0)


def test_the_log_hears_of_it_every_ten_seconds_at_most_and_then_how_often_it_was() -> None:
    lateness, backups = Lateness(), [started(), started()]
    late = 10 * SECOND
    assert lateness.note(60_000, late, backups)
    assert lateness.note(60_000, late + SECOND, backups) is None
    assert lateness.note(60_000, late + 2 * SECOND, backups) is None
    line = lateness.note(60_000, late + 10 * SECOND, backups)
    assert line is not None
    assert "2 master down timers ended" in line
    assert line.endswith("(2 times more since this was last said)")
    assert lateness.overslept == 8


def test_the_end_tells_all_of_it() -> None:
    lateness = Lateness()
    lateness.note(1_250_000, 20 * SECOND, [started()])
    lateness.note(70_000, SECOND, [started()])
    assert (
        lateness.summary() == "Timers were late 2 times, at most 1.250000 seconds; 1 master down timers ended meanwhile"
    )
