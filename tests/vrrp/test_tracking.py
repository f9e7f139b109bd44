"""Scripts' counters, weights, and what a group adds. Source: reference/vrrp-behaviour.md §7."""

from __future__ import annotations

import pytest

from keepalived_py.config.ast import (
    Command,
    SyncGroup,
    TrackedInterface,
    TrackedScript,
    VirtualAddress,
    VrrpScript,
)
from keepalived_py.vrrp.events import DeadlineReached, ScriptFinished, Start
from keepalived_py.vrrp.tracking import ScriptTracker, contribution, is_fault, tracking_of
from tests.lab.routing import routes, rules
from tests.vrrp.notation import SECOND, VIP, lines, wanted


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


@pytest.mark.parametrize(
    ("weight", "reverse", "up", "expected"),
    [
        (10, False, True, 10),
        (10, False, False, 0),
        (10, True, True, -10),
        (10, True, False, 0),
        (-10, False, True, 0),
        (-10, False, False, -10),
        (-10, True, False, 10),
        (10, False, None, 0),
        (-10, False, None, 0),
    ],
)
def test_a_positive_weight_counts_when_up_and_a_negative_one_when_down(
    weight: int, reverse: bool, up: bool | None, expected: int
) -> None:
    assert contribution(weight, up, reverse=reverse) == expected


@pytest.mark.parametrize(
    ("up", "reverse", "fault"),
    [(False, False, True), (True, False, False), (True, True, True), (False, True, False), (None, False, False)],
)
def test_weight_0_faults_when_down_or_reversed_when_up(up: bool | None, reverse: bool, fault: bool) -> None:
    assert is_fault(up, reverse=reverse) is fault


def test_an_instance_watches_its_own_interface_and_those_of_its_addresses() -> None:
    other = VirtualAddress(address=VIP, prefix_length=24, interface="eth1")
    free = VirtualAddress(address=VIP, prefix_length=24, interface="eth2", no_track=True)
    tracking = tracking_of(wanted(excluded_addresses=(other, free)), None)
    assert [each.name for each in tracking.interfaces] == ["eth0", "eth1"]
    assert tracking_of(wanted(dont_track_primary=True), None).interfaces == ()


def test_an_instance_watches_the_interfaces_of_its_routes_and_rules_and_of_static_entries() -> None:
    virtual_routes = routes("10.1.0.0/16 dev eth1", "10.2.0.0/16 dev eth7 no_track", "10.3.0.0/16 via 10.1.0.1")
    virtual_rules = rules("iif eth2 oif eth3 table 9 preference 7", "iif eth8 table 9 preference 8 no_track")
    tracking = tracking_of(wanted(virtual_routes=virtual_routes, virtual_rules=virtual_rules), None, ["eth4", "eth1"])
    assert [(each.name, each.weight) for each in tracking.interfaces] == [(f"eth{number}", 0) for number in range(5)]


def test_a_weight_on_the_own_interface_does_not_replace_its_fault() -> None:
    tracking = tracking_of(wanted(track_interfaces=(TrackedInterface(name="eth0", weight=-20),)), None)
    assert tracking.interfaces == (TrackedInterface(name="eth0"),)


def test_weights_of_group_members_do_not_count_unless_the_group_says_so() -> None:
    member = wanted(
        track_scripts=(TrackedScript(name="a", weight=5), TrackedScript(name="b")),
        track_interfaces=(TrackedInterface(name="eth1", weight=5),),
    )
    group = SyncGroup(name="G", members=("V",))
    tracking = tracking_of(member, group)
    assert [each.name for each in tracking.scripts] == ["b"]
    assert TrackedInterface(name="eth1") in tracking.interfaces
    weighted = SyncGroup(name="G", members=("V",), sync_group_tracking_weight=True)
    assert tracking_of(member, weighted).scripts == member.track_scripts


def test_the_group_s_weight_wins_unless_the_member_s_is_0() -> None:
    member = wanted(track_scripts=(TrackedScript(name="a", weight=5), TrackedScript(name="b")))
    group = SyncGroup(
        name="G",
        members=("V",),
        sync_group_tracking_weight=True,
        track_scripts=(TrackedScript(name="a", weight=7), TrackedScript(name="b", weight=7)),
    )
    tracking = tracking_of(member, group)
    assert tracking.scripts == (TrackedScript(name="a", weight=7), TrackedScript(name="b"))
    assert tracking.remarks[0] == (
        "(V) track_script a is configured on VRRP instance and sync group. Remove vrrp instance config"
    )


@pytest.mark.parametrize(("statuses", "line"), [("+", "successful"), ("-", "unsuccessful")])
def test_an_unchanged_script_keeps_its_verdict_over_a_reload(statuses: str, line: str) -> None:
    old = ScriptTracker(script(rise=2, fall=2))
    results(old, statuses)
    new = ScriptTracker(script(rise=3, fall=3))
    assert lines(new.inherit(old)) == [f"log VRRP_Script(check) considered {line} on reload"]
    assert new.up is old.up
