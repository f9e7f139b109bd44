"""Scripts' counters and runs. Source: reference/vrrp-behaviour.md §7."""

from __future__ import annotations

import pytest

from keepalived_py.config.ast import Command, VrrpScript
from keepalived_py.vrrp.events import DeadlineReached, ScriptFinished, Start
from keepalived_py.vrrp.scripts import ScriptTracker
from tests.vrrp.notation import SECOND, lines


def script(**settings: object) -> VrrpScript:
    return VrrpScript(name="check", command=Command(argv=("/bin/check",)), **settings)  # type: ignore[arg-type]


def results(tracker: ScriptTracker, statuses: str) -> str:
    """Feed successes (+) and failures (-); answer with what the script counts as after each."""
    said = ""
    for status in statuses:
        tracker.handle(ScriptFinished(name="check", exit_status=0 if status == "+" else 1), 0)
        said += {None: "?", True: "u", False: "d"}[tracker.up]
    return said


@pytest.mark.parametrize(
    ("rise", "fall", "statuses", "expected"),
    [
        (1, 1, "+-+-", "udud"),
        (3, 2, "+", "u"),
        (3, 2, "-", "d"),
        (3, 2, "-+++", "dddu"),
        (3, 2, "-++-+++", "ddddddu"),
        (1, 3, "+--+---", "uuuuuud"),
        (2, 2, "+-+--", "uuuud"),
    ],
)
def test_rise_and_fall_count_in_a_row_and_the_first_result_decides(
    rise: int, fall: int, statuses: str, expected: str
) -> None:
    assert results(ScriptTracker(script(rise=rise, fall=fall)), statuses) == expected


def test_only_transitions_and_new_exit_statuses_are_logged() -> None:
    tracker = ScriptTracker(script(fall=2))

    def said(**result: object) -> list[str]:
        return lines(tracker.handle(ScriptFinished(name="check", **result), 0))  # type: ignore[arg-type]

    assert said(exit_status=0) == ["log VRRP_Script(check) succeeded"]
    assert said(exit_status=0) == []
    assert said(exit_status=3) == ["log Script `check` now returning 3"]
    assert said(exit_status=3) == ["log VRRP_Script(check) failed (exited with status 3)"]
    assert said(exit_status=3) == []
    assert said(exit_status=0) == ["log Script `check` now returning 0", "log VRRP_Script(check) succeeded"]
    assert said(signal=9) == []
    assert said(signal=9) == ["log VRRP_Script(check) failed (due to signal 9)"]


def test_a_timeout_is_a_failure_with_its_own_word() -> None:
    tracker = ScriptTracker(script())
    effects = tracker.handle(ScriptFinished(name="check", signal=15, timed_out=True), 0)
    assert lines(effects) == ["log VRRP_Script(check) timed_out"]
    assert tracker.up is False


def test_a_script_that_could_not_be_started_says_nothing_about_what_it_checks() -> None:
    tracker = ScriptTracker(script())
    tracker.handle(Start(), 0)
    assert tracker.handle(ScriptFinished(name="check"), 1) == []
    assert tracker.up is None
    assert lines(tracker.handle(DeadlineReached(), SECOND)) == ["run check"]


def test_a_script_runs_at_once_and_every_interval() -> None:
    tracker = ScriptTracker(script(interval=2 * SECOND))
    assert lines(tracker.handle(Start(), 5)) == ["run check"]
    assert tracker.deadline == 5 + 2 * SECOND
    tracker.handle(ScriptFinished(name="check", exit_status=0), 6)
    assert lines(tracker.handle(DeadlineReached(), 5 + 2 * SECOND)) == ["run check"]


def test_a_script_that_still_runs_is_not_started_again() -> None:
    tracker = ScriptTracker(script(interval=SECOND, timeout=3 * SECOND))
    tracker.handle(Start(), 0)
    line = "log Track script check is {}, expect idle - skipping run"
    assert lines(tracker.handle(DeadlineReached(), SECOND)) == [line.format("already running")]
    assert lines(tracker.handle(DeadlineReached(), 2 * SECOND)) == [line.format("already running")]
    assert lines(tracker.handle(DeadlineReached(), 3 * SECOND)) == [line.format("being timed out")]


@pytest.mark.parametrize(("statuses", "line"), [("+", "successful"), ("-", "unsuccessful")])
def test_an_unchanged_script_keeps_its_verdict_over_a_reload(statuses: str, line: str) -> None:
    old = ScriptTracker(script(rise=2, fall=2))
    results(old, statuses)
    new = ScriptTracker(script(rise=3, fall=3))
    assert lines(new.inherit(old)) == [f"log VRRP_Script(check) considered {line} on reload"]
    assert new.up is old.up
